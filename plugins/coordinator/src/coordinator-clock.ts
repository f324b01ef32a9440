/** A reading is off by half of what the request took; one that took longer is worth nothing. */
const SLOWEST_MS = 1_000;
/** Two clocks that run apart by so much are still the same two. */
const DRIFT_MS = 5;

/** What the coordinator's clock is ahead of the monotonic one, give or take `error`; milliseconds. */
export interface ClockReading {
  readonly ahead: number;
  readonly error: number;
}

/** Compares the coordinator's clock with the monotonic one, ever more exactly. */
export class CoordinatorClock {
  #best: ClockReading | undefined;

  /**
   * The best reading so far, unless this one contradicts it: then the clock was set, or it is another one. Nothing when the
   * request took too long.
   * @param shown Milliseconds since the epoch, in the answer to a request that was sent at `sentAt` and answered by `readAt`.
   */
  read(shown: number, sentAt: number, readAt: number): ClockReading | undefined {
    const error = (readAt - sentAt) / 2;
    if (readAt - sentAt > SLOWEST_MS) return undefined;
    const reading = { ahead: shown - sentAt - error, error };
    const best = this.#best ?? reading;
    const agree = Math.abs(reading.ahead - best.ahead) <= error + best.error + DRIFT_MS;
    this.#best = agree && best.error <= error ? best : reading;
    return this.#best;
  }
}
