import { reasonOf } from "../engine/engine-error.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import { agentBusy, OkenError } from "../oken-error.ts";
import type { AgentState } from "./agent-state.ts";
import type { Crashes } from "./crashes.ts";
import type { Duty } from "./duty.ts";
import { readinessOf } from "./readiness-wish.ts";
import { since } from "./since.ts";
import { startVersion } from "./start-version.ts";
import { stillRuns } from "./still-runs.ts";
import { takeOver } from "./take-over.ts";
import type { Version } from "./version.ts";

/** Has an agent started or thawed, once for all who wait for it. */
export class WakeUp {
  readonly #state: AgentState;
  readonly #duty: Duty;
  readonly #crashes: Crashes;
  #underWay: Promise<void> | undefined;
  #interrupted = false;

  constructor(state: AgentState, duty: Duty, crashes: Crashes) {
    this.#state = state;
    this.#duty = duty;
    this.#crashes = crashes;
  }

  /** Whether the engine was lost while the agent was started. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Whether it is under way: it may make a container that is nobody's yet. */
  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Begins it, unless it is under way. Whoever waits is sent away if it fails. */
  begin(): void {
    const { over, lane, gate } = this.#state;
    if (this.#underWay || over.signal.aborted || this.#crashes.hasAppointment) return;
    this.#underWay = lane
      .run(() => this.#bringUp())
      .catch((thrown) => gate.fail(this.#errorOf(thrown)))
      .finally(() => {
        this.#underWay = undefined;
        // Who came while the agent was stopped again.
        if (gate.waiting > 0 && !gate.isOpen) this.begin();
      });
  }

  /** Resolves when what is under way has ended, however. */
  async ended(): Promise<void> {
    await this.#underWay;
  }

  async #bringUp(): Promise<void> {
    const { gate, over, serves } = this.#state;
    if (gate.isOpen || over.signal.aborted || !serves) return;
    const startedAt = performance.now();
    const patience = AbortSignal.any([over.signal, this.#deadline()]);
    await this.#engineUp(patience);
    await takeOver(this.#state, this.#duty);
    if (this.#state.life === "frozen" && (await this.#duty.thaw()))
      return this.#state.tell({ act: "thawed", ...since(startedAt) });
    await this.#duty.takePlace(patience);
    await this.#start(startedAt);
  }

  async #start(startedAt: number): Promise<void> {
    const { parts, over } = this.#state;
    this.#state.life = "starting";
    this.#interrupted = false;
    try {
      const known = this.#state.version as Version;
      const { version, pool, act } = await startVersion(
        known,
        readinessOf(known.plan, parts, over.signal),
        parts.maker,
      );
      this.#state.version = version;
      // Until now the news of its end would have been nobody's.
      if (version !== known) await destroyedUnless(stillRuns(version), pool);
      this.#duty.begin(pool);
      this.#state.tell({ act, ...since(startedAt) });
    } catch (thrown) {
      await this.#startFailed(thrown);
      throw thrown;
    }
    await this.#state.save("running");
  }

  async #startFailed(thrown: unknown): Promise<void> {
    const { parts, version } = this.#state;
    // Without an engine nothing is wrong with the agent; it is started when the engine is back.
    this.#interrupted = !parts.engine.status.up;
    if (this.#interrupted) return this.#duty.cease("stopped");
    await version?.container.stop(0).catch(() => undefined);
    await this.#crashes.crashed(reasonOf(thrown));
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#state.parts.options.healthCheckTimeoutSeconds * 1_000);
  }

  async #engineUp(signal: AbortSignal): Promise<void> {
    const { engine } = this.#state.parts;
    try {
      await engine.whenUp(signal);
    } catch {
      throw agentBusy(this.#state.agentId, `the Docker engine does not answer: ${engine.status.problem}`, 5);
    }
  }

  #errorOf(thrown: unknown): OkenError {
    if (thrown instanceof OkenError) return thrown;
    const message = `Agent ${this.#state.agentId} could not be woken: ${reasonOf(thrown)}`;
    return new OkenError("CONTAINER_ERROR", message, { cause: thrown });
  }
}

async function destroyedUnless(good: Promise<void>, pool: AgentPool): Promise<void> {
  try {
    await good;
  } catch (thrown) {
    await pool.destroy();
    throw thrown;
  }
}
