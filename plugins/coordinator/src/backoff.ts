import { setTimeout as sleep } from "node:timers/promises";
import { backOff } from "leasehold";
import type { Timing } from "./timing.ts";

/** Counts failures in a row, and says how long to wait after each: the core's back-off. */
export class Backoff {
  readonly #baseMs: number;
  readonly #capMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">, random: () => number = Math.random) {
    this.#baseMs = timing.backoffBaseMs;
    this.#capMs = timing.backoffCapMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and answers the milliseconds to wait. */
  next(): number {
    return backOff(++this.#failures, { firstMs: this.#baseMs, longestMs: this.#capMs, random: this.#random });
  }

  /** Whether the last failure is worth a line: the first, and then at doubling distances. */
  get loud(): boolean {
    return isPowerOfTwo(this.#failures);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** 1, 2, 4, 8, …: when to say again what goes on and on. */
export function isPowerOfTwo(count: number): boolean {
  return count > 0 && Number.isInteger(Math.log2(count));
}

/** Waits, but no longer than `signal` lets it. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
}

/** The value, or nothing once `signal` is aborted. A late rejection is dropped. */
export async function unlessAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) {
    value.catch(() => {});
    return undefined;
  }
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
