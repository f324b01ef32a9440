import { backOff } from "leasehold";

/** So many hasty answers in a row are nothing unusual. */
const FREE = 10;
const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/**
 * Slows polling down while the coordinator answers at once and with nothing new: with "no work", or with the same run, again
 * and again. Stops are still heard about once a second.
 */
export class Pace {
  readonly #hastyMs: number;
  #hasty = 0;

  /** @param hastyMs An answer that comes sooner counts. */
  constructor(hastyMs: number) {
    this.#hastyMs = hastyMs;
  }

  /** Milliseconds to wait before the next poll, after an answer that took so long. */
  after(tookMs: number, isNews: boolean): number {
    this.#hasty = isNews || tookMs >= this.#hastyMs ? 0 : this.#hasty + 1;
    if (this.#hasty <= FREE) return 0;
    return backOff(this.#hasty - FREE, { firstMs: FIRST_MS, longestMs: LONGEST_MS });
  }
}
