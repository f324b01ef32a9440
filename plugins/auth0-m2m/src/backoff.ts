import { backOff } from "leasehold";
import type { Timing } from "./timing.ts";

/** Pauses between failed requests: doubled each time, with jitter, and never shorter than the provider asks for. */
export class Backoff {
  readonly #timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">;
  readonly #random: () => number;
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;

  constructor(timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">, random: () => number = Math.random) {
    this.#timing = timing;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether it is too early for another request. */
  get isOn(): boolean {
    return performance.now() < this.#until;
  }

  /** Milliseconds until the next request may be made. */
  get waitMs(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /** Whether the last failure is worth a line: the first, and then at doubling distances. */
  get loud(): boolean {
    return Number.isInteger(Math.log2(this.#failures));
  }

  /** Counts a failure. Half of the pause is chance, so that runners do not come back in step. */
  begin(retryAfterMs = 0): void {
    const { backoffBaseMs, backoffCapMs } = this.#timing;
    const times = { firstMs: backoffBaseMs, longestMs: backoffCapMs, random: this.#random };
    const jittered = backOff(++this.#failures, times);
    this.#until = performance.now() + (retryAfterMs > 0 ? retryAfterMs + jittered : jittered);
  }

  reset(): void {
    this.#failures = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
