import { setTimeout as sleep } from "node:timers/promises";
import { ScriptFault } from "../script-fault.ts";

/** Milliseconds between attempts: doubled from `base` to `cap`, with jitter. */
export interface RetryTiming {
  readonly baseMs: number;
  readonly capMs: number;
}

export const retryTiming: RetryTiming = { baseMs: 500, capMs: 30_000 };

export interface TaskSettings<Wanted> {
  readonly perform: (wanted: Wanted) => Promise<void>;
  /** Told of every failure, with the count of those in a row. */
  readonly onFailure: (thrown: unknown, failures: number, wanted: Wanted) => void;
  readonly timing: RetryTiming;
  readonly signal: AbortSignal;
}

/**
 * Brings one thing to the state that was wanted last: attempts follow one another and never interleave, a failed one is
 * repeated until it works, something newer is wanted, or a `ScriptFault` says that repeating is in vain.
 */
export class RetriedTask<Wanted> {
  readonly #settings: TaskSettings<Wanted>;
  #wanted: { readonly what: Wanted } | undefined;
  #working: Promise<void> | undefined;
  #wake = new AbortController();
  /** Why the last attempt failed; nothing after one that worked. */
  failure: unknown;

  constructor(settings: TaskSettings<Wanted>) {
    this.#settings = settings;
  }

  /** Whether what was wanted last has neither worked nor been given up. */
  get busy(): boolean {
    return this.#working !== undefined;
  }

  /** Replaces what has not begun yet, and ends the wait for the next attempt. */
  want(what: Wanted): void {
    this.#wanted = { what };
    this.#wake.abort();
    this.#wake = new AbortController();
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is wanted any more. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    // Not within the call of `want`, which must have noted this promise first.
    await Promise.resolve();
    let failures = 0;
    while (this.#wanted && !this.#settings.signal.aborted) {
      const { what } = this.#wanted;
      this.#wanted = undefined;
      const again = await this.#attempt(what, failures + 1);
      failures = again ? failures + 1 : 0;
      if (again && this.#wanted === undefined) await this.#repeat(what, failures);
    }
    this.#working = undefined;
  }

  /** Answers whether it is worth to be repeated. */
  async #attempt(what: Wanted, number: number): Promise<boolean> {
    const { perform, onFailure, signal } = this.#settings;
    try {
      await perform(what);
      this.failure = undefined;
      return false;
    } catch (thrown) {
      if (signal.aborted) return false;
      this.failure = thrown;
      onFailure(thrown, number, what);
      return !(thrown instanceof ScriptFault);
    }
  }

  /** Waits, and wants the same again unless something else is wanted meanwhile. */
  async #repeat(what: Wanted, failures: number): Promise<void> {
    const { timing, signal } = this.#settings;
    const ceiling = Math.min(timing.capMs, timing.baseMs * 2 ** (failures - 1));
    const wake = AbortSignal.any([signal, this.#wake.signal]);
    await sleep(ceiling * (0.5 + Math.random() / 2), undefined, { signal: wake }).catch(() => undefined);
    this.#wanted ??= { what };
  }
}
