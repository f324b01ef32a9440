import { Matcher } from "./matcher.ts";

const MOST_KEPT = 16;

/** Matchers that were made lately: the runs of one agent, one after another, mostly have the same secrets. */
export class RecentMatchers {
  readonly #recent = new Map<string, Matcher>();

  /** One that looks for these values and no others. */
  of(values: ReadonlySet<string>): Matcher {
    const key = JSON.stringify([...values].sort());
    const matcher = this.#recent.get(key) ?? new Matcher(values);
    this.#recent.delete(key);
    this.#recent.set(key, matcher);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST_KEPT && oldest !== undefined) this.#recent.delete(oldest);
    return matcher;
  }
}
