import type { Feed, Logger } from "leasehold";
import { pause } from "./backoff.ts";

export interface FenceSettings {
  /** Silence after which running work is stopped, in milliseconds. */
  readonly afterMs: number;
  readonly feed: Pick<Feed, "stop" | "running">;
  readonly log: Logger;
}

/**
 * Stops running work when the coordinator has confirmed nothing for too long: it may have given the work to somebody else.
 * What became of it is reported when the coordinator is back. Counts by the monotonic clock.
 */
export class Fence {
  readonly #settings: FenceSettings;
  #heardAt = performance.now();

  constructor(settings: FenceSettings) {
    this.#settings = settings;
  }

  /** At that moment of the monotonic clock the coordinator knew this runner. */
  heard(at: number): void {
    this.#heardAt = Math.max(this.#heardAt, at);
  }

  /** Watches until `signal` is aborted. Never rejects. */
  async until(signal: AbortSignal): Promise<void> {
    const { afterMs } = this.#settings;
    while (!signal.aborted) {
      const left = this.#heardAt + afterMs - performance.now();
      if (left <= 0) this.#stopAll();
      await pause(left > 0 ? left : afterMs / 4, signal);
    }
  }

  #stopAll(): void {
    const { feed, log, afterMs } = this.#settings;
    const running = feed.running().length;
    if (running === 0) return;
    const message = `the coordinator has confirmed nothing for ${afterMs / 1_000} s, so the lease counts as lost`;
    log.warn({ running }, `${message}; stopping what runs`);
    void feed
      .stop({ all: true }, { reason: "lease-lost", message })
      .catch((err: unknown) => log.warn({ err }, "runs could not be stopped"));
  }
}
