import type { CoreOptions } from "./config/core-options.ts";
import { LeaseholdError } from "./errors/leasehold-error.ts";

/** The phases between the first signal and the exit, in their order. */
export type ShutdownPhase = "drain" | "stop" | "unlease" | "deliver" | "farewell" | "teardown";

/** Seconds of one phase: what it may take with all the time in the world, and what is kept for it whatever came before. */
interface Share {
  readonly most: number;
  readonly least: number;
}

type ShutdownOptions = Pick<CoreOptions, "drainTimeoutSeconds" | "graceSeconds" | "shutdownSeconds">;

/** What is left for reports, good-byes and teardowns where nobody has named a limit for the whole. */
const ROOMY_SECONDS = 15;
const AFTER_WORK = {
  unlease: { most: 5, least: 0.2 },
  deliver: { most: 10, least: 0.8 },
  farewell: { most: 5, least: 0.5 },
  teardown: { most: 10, least: 0.5 },
} as const satisfies Partial<Record<ShutdownPhase, Share>>;
/** The longest that a timer can wait. */
const LONGEST_SECONDS = (2 ** 31 - 1) / 1_000;

/** What the phases that follow the work need at least, in seconds. */
const LEAST_AFTER_WORK_SECONDS = Object.values(AFTER_WORK).reduce((sum, { least }) => sum + least, 0);

/** What is wrong when the phases do not fit into the time that the operator has named for all of them. */
export function shutdownFault({
  drainTimeoutSeconds,
  graceSeconds,
  shutdownSeconds,
}: ShutdownOptions): LeaseholdError | undefined {
  if (shutdownSeconds === undefined) return undefined;
  const least = drainTimeoutSeconds + graceSeconds + LEAST_AFTER_WORK_SECONDS;
  if (least <= shutdownSeconds) return undefined;
  const details = { drainTimeoutSeconds, graceSeconds, shutdownSeconds, rest: LEAST_AFTER_WORK_SECONDS, least };
  return new LeaseholdError("SHUTDOWN_TOO_SHORT", details);
}

/**
 * The time that ending may take, shared by all its phases: what one leaves over is there for the next, and none takes what
 * those after it need at least. Only time that is spent ending counts.
 */
export class ShutdownBudget {
  readonly #shares: readonly (readonly [ShutdownPhase, Share])[];
  readonly #total: number;
  readonly #now: () => number;
  #spentMs = 0;
  #since: number | undefined;
  #spenders = 0;

  /** @param now Milliseconds of a monotonic clock. */
  constructor(
    { drainTimeoutSeconds, graceSeconds, shutdownSeconds }: ShutdownOptions,
    now: () => number = () => performance.now(),
  ) {
    this.#shares = [
      ["drain", { most: drainTimeoutSeconds, least: 0 }],
      ["stop", { most: LONGEST_SECONDS, least: graceSeconds }],
      ...(Object.entries(AFTER_WORK) as [ShutdownPhase, Share][]),
    ];
    this.#total = shutdownSeconds ?? drainTimeoutSeconds + graceSeconds + ROOMY_SECONDS;
    this.#now = now;
  }

  /** Seconds that a phase which begins now may take. */
  seconds(phase: ShutdownPhase): number {
    const at = this.#shares.findIndex(([name]) => name === phase);
    const kept = this.#shares.slice(at + 1).reduce((sum, [, { least }]) => sum + least, 0);
    const { most, least } = this.#shares[at]?.[1] ?? { most: 0, least: 0 };
    return Math.min(LONGEST_SECONDS, Math.max(least, Math.min(most, this.#left() - kept)));
  }

  /** Counts the time of some work as spent ending. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#spenders++ === 0) this.#since = this.#now();
    try {
      return await work();
    } finally {
      if (--this.#spenders === 0) {
        this.#spentMs += this.#running();
        this.#since = undefined;
      }
    }
  }

  /** A new lease begins: nothing is spent. */
  renew(): void {
    this.#spentMs = 0;
  }

  #left(): number {
    return this.#total - (this.#spentMs + this.#running()) / 1_000;
  }

  #running(): number {
    return this.#since === undefined ? 0 : this.#now() - this.#since;
  }
}
