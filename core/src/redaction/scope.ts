import { SHORTEST_SECRET } from "./forms.ts";
import { Matcher } from "./matcher.ts";

/** Values that are masked together. The matcher is made when it is next needed, so registering is cheap. */
export class Scope {
  readonly #counts = new Map<string, number>();
  #matcher: Matcher | undefined;
  #stale = false;

  /** Answers a function that takes the value out again, as often as it was put in. */
  add(value: string): () => void {
    const count = this.#counts.get(value) ?? 0;
    this.#counts.set(value, count + 1);
    if (count === 0) this.#stale = true;
    let forgotten = false;
    return () => {
      if (!forgotten) this.#remove(value);
      forgotten = true;
    };
  }

  /** None when there is nothing to mask. */
  get matcher(): Matcher | undefined {
    if (this.#stale) {
      this.#matcher = new Matcher(this.#counts.keys());
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
