import { LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import type { Logger } from "./log/logger.ts";
import type { Intake } from "./sources/intake.ts";

/** How long what follows the runs may take, in seconds. */
export interface Patience {
  /** For the last reports, once nothing runs any more. */
  readonly delivery: number;
  /** For the sources to end their leasing, and again to say good-bye. */
  readonly farewell: number;
}

const PATIENCE: Patience = { delivery: 10, farewell: 5 };

/** When a runner leases no more, and when it waits for its runs no longer. */
export interface LeaseSignals {
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
}

/** The life of a runner's sources: leasing, then draining, then good-bye. */
export class Lifecycle {
  readonly #intakes: readonly Intake[];
  readonly #drainSeconds: number;
  readonly #log: Logger;
  readonly #patience: Patience;

  constructor(intakes: readonly Intake[], drainSeconds: number, log: Logger, patience = PATIENCE) {
    this.#intakes = intakes;
    this.#drainSeconds = drainSeconds;
    this.#log = log;
    this.#patience = patience;
  }

  /** Rejects with the first source's fault, after everything has been ended in order. */
  async run({ drain, stop }: LeaseSignals): Promise<void> {
    const over = new AbortController();
    const [draining, stopping] = [drain, stop].map((signal) => aborted(signal, over.signal)) as [
      Promise<void>,
      Promise<void>,
    ];
    const faults: LeaseholdError[] = [];
    const starts = this.#intakes.map((intake) => this.#start(intake, faults));
    await Promise.race([this.#workDone(starts), firstFailure(starts), draining, stopping]);
    await this.#finishRuns(stopping);
    await this.#endLeasing(starts);
    await this.#deliver();
    await this.#farewell();
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

  /** Running work may end by itself until the drain's time is up or a stop is asked for; then it is stopped. */
  async #finishRuns(stopping: Promise<void>): Promise<void> {
    for (const intake of this.#intakes) intake.close();
    const idle = Promise.all(this.#intakes.map((intake) => intake.idle()));
    await within(this.#drainSeconds, Promise.race([idle, stopping]));
    const reason = { reason: "drain", message: "the runner is shutting down" } as const;
    await Promise.all(this.#intakes.map((intake) => intake.stop({ all: true }, reason)));
    await idle;
  }

  async #endLeasing(starts: readonly Promise<boolean>[]): Promise<void> {
    const ends = starts.map(async (start, index) => {
      if (await within(this.#patience.farewell, start)) return;
      const source = this.#intakes[index]?.source.name;
      this.#log.warn(
        { source },
        `lease source "${source}" did not end its leasing within ${this.#patience.farewell} s`,
      );
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
    await within(this.#patience.delivery, all);
    over.abort();
    await all;
  }

  async #farewell(): Promise<void> {
    const over = new AbortController();
    const farewells = Promise.all(this.#intakes.map((intake) => this.#sayGoodBye(intake, over.signal)));
    if (!(await within(this.#patience.farewell, farewells))) over.abort(new Error("the runner ends"));
    await within(1, farewells);
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

/** Waits for the work, but not longer than the time; answers whether the work is done. */
async function within(seconds: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), seconds * 1_000);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
