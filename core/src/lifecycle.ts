import { LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import type { Logger } from "./log/logger.ts";
import type { Intake } from "./sources/intake.ts";

/** How long the last reports may take once nothing runs any more. */
const DELIVERY_SECONDS = 10;
/** How long the sources may take to end their leasing, and to say good-bye. */
const FAREWELL_SECONDS = 5;

/** The life of a runner's sources: leasing, then draining, then good-bye. */
export class Lifecycle {
  readonly #intakes: readonly Intake[];
  readonly #drainSeconds: number;
  readonly #log: Logger;

  constructor(intakes: readonly Intake[], drainSeconds: number, log: Logger) {
    this.#intakes = intakes;
    this.#drainSeconds = drainSeconds;
    this.#log = log;
  }

  /** Rejects with the first source's fault, after everything has been ended in order. */
  async run({ drain, stop }: { readonly drain: AbortSignal; readonly stop: AbortSignal }): Promise<void> {
    const faults: LeaseholdError[] = [];
    const starts = this.#intakes.map((intake) => this.#start(intake, faults));
    const failed = Promise.withResolvers<void>();
    for (const start of starts) start.then((ok) => ok || failed.resolve());
    await Promise.race([Promise.all(starts), failed.promise, aborted(drain)]);
    await this.#finishRuns(stop);
    await within(FAREWELL_SECONDS, Promise.all(starts));
    await this.#deliver();
    await this.#farewell();
    if (faults[0]) throw faults[0];
  }

  async #start(intake: Intake, faults: LeaseholdError[]): Promise<boolean> {
    const { source } = intake;
    try {
      await source.start(intake, intake.leasing);
      return true;
    } catch (thrown) {
      if (intake.leasing.aborted) return true;
      const details = { source: source.name, problem: messageOf(thrown) };
      faults.push(new LeaseholdError("SOURCE_FAILED", details, { cause: thrown }));
      return false;
    }
  }

  /** Running work may end by itself until the drain's time is up or `stop` is aborted; then it is stopped. */
  async #finishRuns(stop: AbortSignal): Promise<void> {
    for (const intake of this.#intakes) intake.close();
    const idle = Promise.all(this.#intakes.map((intake) => intake.idle()));
    await within(this.#drainSeconds, Promise.race([idle, aborted(stop)]));
    const reason = { reason: "drain", message: "the runner is shutting down" } as const;
    await Promise.all(this.#intakes.map((intake) => intake.stop({ all: true }, reason)));
    await idle;
  }

  async #deliver(): Promise<void> {
    const deadline = AbortSignal.timeout(DELIVERY_SECONDS * 1_000);
    for (const { delivery, source } of this.#intakes) {
      const owed = (await delivery?.flush(deadline)) ?? 0;
      if (owed > 0)
        this.#log.error({ source: source.name, owed }, `the reports of ${owed} runs could not be delivered`);
    }
  }

  async #farewell(): Promise<void> {
    const deadline = AbortSignal.timeout(FAREWELL_SECONDS * 1_000);
    await Promise.all(
      this.#intakes.map(async ({ source, delivery }) => {
        try {
          await within(FAREWELL_SECONDS + 1, Promise.resolve(source.close?.(deadline)));
        } catch (thrown) {
          this.#log.warn(
            { err: thrown, source: source.name },
            `${source.name} could not say good-bye: ${messageOf(thrown)}`,
          );
        }
        delivery?.halt();
      }),
    );
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves with the work or after the time, whichever is first. */
async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, seconds * 1_000);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
