import type { Outcome } from "../run/outcome.ts";

const MOST_RUNS = 1_000;
const MOST_RESULT_CHARACTERS = 16 * 1024 * 1024;

/** The latest outcomes of a source, so that a lease offered again is answered and not executed again. Bounded both ways. */
export class SettledRuns {
  readonly #outcomes = new Map<string, Outcome>();
  #characters = 0;

  add(run: string, outcome: Outcome): void {
    this.#outcomes.set(run, outcome);
    this.#characters += sizeOf(outcome);
    for (const [oldest, forgotten] of this.#outcomes) {
      if (this.#outcomes.size <= MOST_RUNS && this.#characters <= MOST_RESULT_CHARACTERS) break;
      this.#outcomes.delete(oldest);
      this.#characters -= sizeOf(forgotten);
    }
  }

  get(run: string): Outcome | undefined {
    return this.#outcomes.get(run);
  }
}

function sizeOf(outcome: Outcome): number {
  return (outcome.result?.text.length ?? 0) + (outcome.error?.message.length ?? 0);
}
