import type { Outcome } from "../run/outcome.ts";

const MOST_RESULT_CHARACTERS = 16 * 1024 * 1024;

/**
 * The latest outcomes of a source, so that a lease offered again is answered and not executed again: twice the least at most,
 * and 16 Mi characters of results, but for two results that may be longer. They go by generations: a map that loses its
 * oldest one by one gets slow, and keeps garbage alive.
 */
export class SettledRuns {
  readonly #least: number;
  readonly #isOwed: (run: string) => boolean;
  #latest = new Map<string, Outcome>();
  #earlier: ReadonlyMap<string, Outcome> = new Map();
  /** Of the latest generation, without what it has from an earlier one. */
  #added = 0;
  #characters = 0;

  /**
   * @param least So many of the latest outcomes are remembered, unless they are very long.
   * @param isOwed Whether reports of a run are still under way: then it is not forgotten, whatever the bounds.
   */
  constructor(least: number, isOwed: (run: string) => boolean) {
    this.#least = least;
    this.#isOwed = isOwed;
  }

  add(run: string, outcome: Outcome): void {
    this.#latest.set(run, outcome);
    this.#added++;
    this.#characters += sizeOf(outcome);
    if (this.#added >= this.#least || this.#characters >= MOST_RESULT_CHARACTERS / 2) this.#begin();
  }

  get(run: string): Outcome | undefined {
    return this.#latest.get(run) ?? this.#earlier.get(run);
  }

  /** Begins another generation; the last but one goes, but for what is owed. */
  #begin(): void {
    const owed = [...this.#earlier].filter(([run]) => this.#isOwed(run));
    const latest = this.#latest;
    this.#latest = new Map(owed.filter(([run]) => !latest.has(run)));
    this.#earlier = latest;
    this.#added = 0;
    this.#characters = 0;
  }
}

function sizeOf(outcome: Outcome): number {
  return (outcome.result?.text.length ?? 0) + (outcome.error?.message.length ?? 0);
}
