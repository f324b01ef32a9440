import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import type { StateGuest } from "../recovery/recovery.ts";
import type { RunnerStatus } from "../status/runner-status.ts";
import type { TelemetryEvent } from "../telemetry.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import { type Controlled, ControlServer } from "./control-server.ts";

/** Events after which a runner's status reads differently. */
const TELLING: readonly TelemetryEvent["type"][] = ["runner", "lease", "outcome", "delivery", "slot", "journal"];

/** What `leasehold drain` and health checks reach of a runner, as long as it has its state directory. */
export class RunnerControl implements Controlled, StateGuest {
  readonly status: () => RunnerStatus;
  readonly #telemetry: TelemetryHub;
  readonly #log: Logger;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  #server: ControlServer | undefined;

  constructor(status: () => RunnerStatus, telemetry: TelemetryHub, log: Logger) {
    this.status = status;
    this.#telemetry = telemetry;
    this.#log = log;
  }

  /** Aborted by what was asked for. */
  get signals(): { readonly drain: AbortSignal; readonly stop: AbortSignal } {
    return { drain: this.#drain.signal, stop: this.#stop.signal };
  }

  /** A runner that cannot be reached runs all the same: signals end it. */
  async open(directory: string): Promise<void> {
    try {
      this.#server = await ControlServer.open(directory, this);
    } catch (thrown) {
      this.#log.warn(
        { err: thrown },
        `leasehold drain and health checks cannot reach this runner: ${messageOf(thrown)}`,
      );
    }
  }

  async leave(): Promise<void> {
    await this.#server
      ?.retire()
      .catch((thrown) => this.#log.warn({ err: thrown }, `the control socket stays: ${messageOf(thrown)}`));
  }

  /** Tells those who wait that the runner is gone. */
  async end(): Promise<void> {
    await this.#server?.end();
  }

  drain(): void {
    if (this.#drain.signal.aborted) return;
    this.#log.info({ reason: "leasehold drain" }, "draining: running work may go on; leasehold drain --stop stops it");
    this.#drain.abort(new Error("leasehold drain was called"));
  }

  stop(): void {
    this.drain();
    this.#stop.abort(new Error("leasehold drain --stop was called"));
  }

  watch(listener: () => void): () => void {
    return this.#telemetry.subscribe(({ type }) => {
      if (TELLING.includes(type)) listener();
    });
  }
}
