import { vi } from "vitest";

/** Time that passes when a test says so. Ends with `using`, or with `end`. */
export interface VirtualClock extends Disposable {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Lets time pass; timers that fall due go off in order, each with what it sets in motion. */
  advance(time: { readonly seconds: number } | { readonly ms: number }): Promise<void>;
  /** Real time from now on. */
  end(): void;
}

const FAKED = ["Date", "performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

/**
 * Takes over `Date`, `performance.now`, timers and intervals of this process, on vitest's fake timers. Processes, sockets,
 * files, `setImmediate` and `AbortSignal.timeout` keep to real time.
 */
export function virtualClock(start: Date | number = Date.now()): VirtualClock {
  vi.useFakeTimers({ toFake: [...FAKED], now: start });
  const end = () => void vi.useRealTimers();
  return {
    get now() {
      return Date.now();
    },
    async advance(time) {
      await vi.advanceTimersByTimeAsync("ms" in time ? time.ms : time.seconds * 1_000);
    },
    end,
    [Symbol.dispose]: end,
  };
}
