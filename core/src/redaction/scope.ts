import { SHORTEST_SECRET } from "./forms.ts";
import type { Matcher } from "./matcher.ts";
import { RecentMatchers } from "./recent-matchers.ts";

/** Values that are masked together. The matcher is made when it is next needed, so registering is cheap. */
export class Scope {
  readonly #counts = new Map<string, number>();
  #matcher: Matcher | undefined;
  /** What the matcher looks for; some of it may have been taken out since. */
  #sought: ReadonlySet<string> = new Set();
  #stale = false;
  readonly #matchers: RecentMatchers;

  constructor(matchers: RecentMatchers = new RecentMatchers()) {
    this.#matchers = matchers;
  }

  /** Answers a function that takes the value out again, as often as it was put in. */
  add(value: string): () => void {
    const count = this.#counts.get(value) ?? 0;
    this.#counts.set(value, count + 1);
    if (!this.#sought.has(value)) this.#stale = true;
    let forgotten = false;
    return () => {
      if (!forgotten) this.#remove(value);
      forgotten = true;
    };
  }

  /** None when there is nothing to mask. */
  get matcher(): Matcher | undefined {
    if (this.#stale) {
      this.#sought = new Set(this.#counts.keys());
      this.#matcher = this.#matchers.of(this.#sought);
      this.#stale = false;
    }
    return this.#counts.size > 0 ? this.#matcher : undefined;
  }

  /** The matcher need not forget it at once: it does when something else is added. */
  #remove(value: string): void {
    const count = this.#counts.get(value) ?? 0;
    if (count > 1) this.#counts.set(value, count - 1);
    else this.#counts.delete(value);
  }
}

/** Whether a value is long enough to be masked. */
export function isMaskable(value: string): boolean {
  return value.trim().length >= SHORTEST_SECRET;
}
