import { messageOf } from "../errors/leasehold-error.ts";
import type { Journal, LeaseRecord, OwedReport } from "../journal/journal.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import { beforeDeadline } from "./before-deadline.ts";
import { Courier } from "./courier.ts";
import { judgeAnswer } from "./delivery-answer.ts";
import type { DeliveryAnswer, DeliveryAttempt, LeaseSource } from "./source.ts";

/** One attempt may be several requests, each with its own limit; past this it will not come back. */
const ATTEMPT_MS = 120_000;

/** Delivers what is owed to one durable source: in order per run, runs side by side, until acknowledged. */
export class Delivery {
  readonly #source: LeaseSource;
  readonly #journal: Journal;
  readonly #telemetry: TelemetryHub;
  readonly #attemptMs: number;
  readonly #couriers = new Map<string, Courier>();
  readonly #halt = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  /** Called whenever a courier has come to an end, for good or for now. */
  readonly #watchers = new Set<() => void>();

  /** @param attemptMs What one attempt of the source may take, in milliseconds. */
  constructor(source: LeaseSource, journal: Journal, telemetry: TelemetryHub, attemptMs = ATTEMPT_MS) {
    this.#source = source;
    this.#journal = journal;
    this.#telemetry = telemetry;
    this.#attemptMs = attemptMs;
  }

  /** The courier of a lease; the same one while anything of the lease is under way. `log` is the run's. */
  courier(lease: LeaseRecord, { log, uncertain = false }: { log: Logger; uncertain?: boolean }): Courier {
    const existing = this.#couriers.get(lease.run);
    if (existing) return existing;
    const courier: Courier = new Courier(lease, uncertain, this.#journal, {
      attempt: (report, number, uncertain) => this.#attempt(report, { number, uncertain, log }),
      done: () => this.#retire(courier, log),
      parked: () => this.#tellWatchers(),
      failed: (thrown) =>
        log.error({ err: thrown }, `the journal could not note that a report was delivered: ${messageOf(thrown)}`),
      signal: this.#halt.signal,
    });
    this.#couriers.set(lease.run, courier);
    return courier;
  }

  /** How many runs have reports that are not delivered yet. */
  get owed(): number {
    return [...this.#couriers.values()].filter(({ waiting }) => waiting > 0).length;
  }

  /** Whether reports of a run are under way. */
  carries(run: string): boolean {
    return this.#couriers.has(run);
  }

  /**
   * Resolves when nothing is owed but what has to wait for the runner's next start, or when `signal` is aborted; answers how
   * many leases still have reports owed.
   */
  async flush(signal: AbortSignal): Promise<number> {
    while (!signal.aborted && this.#isMoving()) await this.#change(signal);
    return this.#couriers.size;
  }

  /** The source has been started: what a predecessor owed may go. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Ends every attempt and every wait; what is owed stays in the journal. */
  halt(): void {
    this.#halt.abort(new Error("the runner ends"));
    this.begin();
  }

  #isMoving(): boolean {
    return [...this.#couriers.values()].some(({ parked }) => !parked);
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const changed = () => {
        this.#watchers.delete(changed);
        signal.removeEventListener("abort", changed);
        resolve();
      };
      this.#watchers.add(changed);
      signal.addEventListener("abort", changed, { once: true });
    });
  }

  #tellWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  async #attempt(report: OwedReport, attempt: Omit<DeliveryAttempt, "signal">): Promise<DeliveryAnswer> {
    const { log } = attempt;
    await this.#begun.promise;
    if (this.#halt.signal.aborted) return "unknown";
    let answer: DeliveryAnswer = "unknown";
    try {
      answer = await this.#ask(report, attempt);
    } catch (thrown) {
      if (!this.#halt.signal.aborted)
        log.warn({ err: thrown, report: nameOf(report.body) }, `delivery failed: ${messageOf(thrown)}`);
    }
    this.#tell(report, attempt.number, answer);
    return answer;
  }

  async #ask({ lease, body }: OwedReport, attempt: Omit<DeliveryAttempt, "signal">): Promise<DeliveryAnswer> {
    const deliver = (signal: AbortSignal) => this.#source.deliver?.(lease.ref, body, { ...attempt, signal });
    return judgeAnswer(await beforeDeadline(this.#attemptMs, this.#halt.signal, deliver));
  }

  #tell({ lease, body }: OwedReport, attempt: number, answer: DeliveryAnswer): void {
    if (!this.#telemetry.listening) return;
    const text = typeof answer === "string" ? answer : `retry after ${answer.retryAfterMs} ms`;
    const about = { source: this.#source.name, run: lease.run, report: nameOf(body), attempt, answer: text };
    this.#telemetry.tell({ type: "delivery", ...about });
  }

  /** The source lets go first: a crash in between has it told once more, and not the journal forget. */
  async #retire(courier: Courier, log: Logger): Promise<void> {
    const { lease } = courier;
    const note = (thrown: unknown) =>
      log.error({ err: thrown }, `a settled lease was not let go: ${messageOf(thrown)}`);
    await Promise.resolve(lease.ref)
      .then((ref) => this.#source.release?.(ref))
      .catch(note);
    await this.#journal.close(lease).catch(note);
    this.#couriers.delete(courier.lease.run);
    this.#tellWatchers();
  }
}

function nameOf(report: JsonObject): string {
  return typeof report["type"] === "string" ? report["type"] : "report";
}
