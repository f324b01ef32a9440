import { isLegible, SHORTEST_SECRET } from "./forms.ts";
import type { Matcher } from "./matcher.ts";
import { RecentMatchers } from "./recent-matchers.ts";

/** Values that are masked together. The matcher is made when it is next needed, so registering is cheap. */
export class Scope {
  /** Most scopes are of single runs, and stay empty. */
  #counts: Map<string, number> | undefined;
  #matcher: Matcher | undefined;
  /** What the matcher looks for; some of it may have been taken out since. */
  #sought: ReadonlySet<string> | undefined;
  #stale = false;
  readonly #matchers: RecentMatchers;

  constructor(matchers: RecentMatchers = new RecentMatchers()) {
    this.#matchers = matchers;
  }

  /** Answers a function that takes the value out again, as often as it was put in. */
  add(value: string): () => void {
    this.#counts ??= new Map();
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    if (!this.#sought?.has(value)) this.#stale = true;
    let forgotten = false;
    return () => {
      if (!forgotten) this.#remove(value);
      forgotten = true;
    };
  }

  /** None when there is nothing to mask. */
  get matcher(): Matcher | undefined {
    if (!this.#counts || this.#counts.size === 0) return undefined;
    if (this.#stale) {
      this.#sought = new Set(this.#counts.keys());
      this.#matcher = this.#matchers.of(this.#sought);
      this.#stale = false;
    }
    return this.#matcher;
  }

  /** The matcher need not forget it at once: it does when something else is added. */
  #remove(value: string): void {
    const count = this.#counts?.get(value) ?? 0;
    if (count > 1) this.#counts?.set(value, count - 1);
    else this.#counts?.delete(value);
  }
}

/** Whether a value is long enough to be masked; backslashes alone are not. */
export function isMaskable(value: string): boolean {
  return value.trim().length >= SHORTEST_SECRET && isLegible(value);
}
