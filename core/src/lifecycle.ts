import { LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import type { Logger } from "./log/logger.ts";
import { settlesWithin } from "./plugin/settles-within.ts";
import type { ShutdownBudget } from "./shutdown-budget.ts";
import type { Intake } from "./sources/intake.ts";
import type { RunnerPhase } from "./status/runner-status.ts";

/** When a runner leases no more, and when it waits for its runs no longer. */
export interface LeaseSignals {
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
}

/** The life of a runner's sources: leasing, then draining, then good-bye. */
export class Lifecycle {
  readonly #intakes: readonly Intake[];
  readonly #budget: ShutdownBudget;
  readonly #log: Logger;
  readonly #enter: (phase: RunnerPhase) => void;

  /** @param enter Hears of each phase as it begins. */
  constructor(
    intakes: readonly Intake[],
    budget: ShutdownBudget,
    log: Logger,
    enter: (phase: RunnerPhase) => void = () => undefined,
  ) {
    this.#intakes = intakes;
    this.#budget = budget;
    this.#log = log;
    this.#enter = enter;
  }

  /** Rejects with the first source's fault, after everything has been ended in order. */
  async run({ drain, stop }: LeaseSignals): Promise<void> {
    const over = new AbortController();
    const [draining, stopping] = [drain, stop].map((signal) => aborted(signal, over.signal)) as [
      Promise<void>,
      Promise<void>,
    ];
    const faults: LeaseholdError[] = [];
    this.#enter("leasing");
    const starts = this.#intakes.map((intake) => this.#start(intake, faults));
    await Promise.race([this.#workDone(starts), firstFailure(starts), draining, stopping]);
    await this.#budget.during(() => this.#end(starts, stopping));
    over.abort();
    if (faults[0]) throw faults[0];
  }

  async #start(intake: Intake, faults: LeaseholdError[]): Promise<boolean> {
    const { source } = intake;
    try {
      const started = source.start(intake.feed, intake.leasing);
      intake.delivery?.begin();
      await started;
      return true;
    } catch (thrown) {
      if (intake.leasing.aborted) return true;
      const details = { source: source.name, problem: messageOf(thrown) };
      faults.push(new LeaseholdError("SOURCE_FAILED", details, { cause: thrown }));
      return false;
    }
  }

  /** Resolves when no source has more to come and all that came is done. Never, when a source fails. */
  async #workDone(starts: readonly Promise<boolean>[]): Promise<void> {
    const ended = await Promise.all(starts);
    if (ended.includes(false)) return new Promise(() => undefined);
    await Promise.all(this.#intakes.map((intake) => intake.idle()));
  }

  async #end(starts: readonly Promise<boolean>[], stopping: Promise<void>): Promise<void> {
    await this.#finishRuns(stopping);
    this.#enter("delivering");
    await this.#endLeasing(starts);
    await this.#deliver();
    this.#enter("closing");
    await this.#farewell();
  }

  /** Running work may end by itself until the drain's time is up or a stop is asked for; then it is stopped. */
  async #finishRuns(stopping: Promise<void>): Promise<void> {
    this.#enter("draining");
    for (const intake of this.#intakes) intake.close();
    const idle = Promise.all(this.#intakes.map((intake) => intake.idle()));
    const otherwiseIdle = this.#intakes.map((intake) => this.#otherwiseIdle(intake));
    const done = Promise.all([idle, ...otherwiseIdle]);
    await settlesWithin(this.#budget.seconds("drain"), Promise.race([done, stopping]));
    if (this.#running().length > 0) this.#enter("stopping");
    const reason = { reason: "drain", message: "the runner is shutting down" } as const;
    await Promise.all(this.#intakes.map((intake) => intake.stop({ all: true }, reason)));
    if (await settlesWithin(this.#budget.seconds("stop"), idle)) return;
    const runs = this.#running();
    this.#log.error({ runs }, `${runs.length} runs did not end in time; the next start settles them as failed`);
  }

  async #otherwiseIdle({ source }: Intake): Promise<void> {
    try {
      await source.idle?.();
    } catch (thrown) {
      const words = `${source.name} could not say whether it is idle: ${messageOf(thrown)}`;
      this.#log.warn({ err: thrown, source: source.name }, words);
    }
  }

  #running(): string[] {
    return this.#intakes.flatMap((intake) => intake.running());
  }

  async #endLeasing(starts: readonly Promise<boolean>[]): Promise<void> {
    const seconds = this.#budget.seconds("unlease");
    const ends = starts.map(async (start, index) => {
      if (await settlesWithin(seconds, start)) return;
      const source = this.#intakes[index]?.source.name;
      this.#log.warn({ source }, `lease source "${source}" did not end its leasing within ${seconds} s`);
    });
    await Promise.all(ends);
  }

  async #deliver(): Promise<void> {
    const over = new AbortController();
    const flushes = this.#intakes.map(async ({ delivery, source }) => {
      const owed = (await delivery?.flush(over.signal)) ?? 0;
      if (owed === 0) return;
      this.#log.error({ source: source.name, owed }, `the reports of ${owed} runs could not be delivered`);
    });
    const all = Promise.all(flushes);
    await settlesWithin(this.#budget.seconds("deliver"), all);
    over.abort();
    await all;
  }

  async #farewell(): Promise<void> {
    const over = new AbortController();
    const farewells = Promise.all(this.#intakes.map((intake) => this.#sayGoodBye(intake, over.signal)));
    const seconds = this.#budget.seconds("farewell");
    if (!(await settlesWithin(seconds, farewells))) {
      over.abort(new Error("the runner ends"));
      await settlesWithin(Math.min(1, seconds), farewells);
    }
    for (const { delivery } of this.#intakes) delivery?.halt();
  }

  async #sayGoodBye({ source }: Intake, signal: AbortSignal): Promise<void> {
    try {
      await source.close?.(signal);
    } catch (thrown) {
      this.#log.warn(
        { err: thrown, source: source.name },
        `${source.name} could not say good-bye: ${messageOf(thrown)}`,
      );
    }
  }
}

function firstFailure(starts: readonly Promise<boolean>[]): Promise<void> {
  return new Promise((resolve) => {
    for (const start of starts) start.then((ok) => ok || resolve());
  });
}

/** Listens until `over` is aborted, for signals outlive the runner. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true, signal: over }));
}
