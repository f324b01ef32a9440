import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Teardown } from "./plugin.ts";
import { withinSeconds } from "./within.ts";

/** The longest that the teardown of a plugin may take. */
const TEARDOWN_SECONDS = 10;

/** Undoes setups in reverse: every one runs, each within a deadline, and all errors are collected. */
export class TeardownStack {
  readonly #entries: { readonly plugin: string; readonly teardown: Teardown }[] = [];
  readonly #after: (plugin: string, ms: number) => Promise<void> | void;
  readonly #seconds: () => number;

  /**
   * @param after Never rejects, and knows its own deadlines. Called once a plugin is torn down, well or not, before the ones it depends on are.
   * @param seconds How long the next teardown may take.
   */
  constructor(
    after: (plugin: string, ms: number) => Promise<void> | void = () => undefined,
    seconds: () => number = () => TEARDOWN_SECONDS,
  ) {
    this.#after = after;
    this.#seconds = seconds;
  }

  push(plugin: string, teardown: Teardown): void {
    this.#entries.push({ plugin, teardown });
  }

  /** Empties the stack. A second call finds nothing to do. */
  async unwind(): Promise<LeaseholdError[]> {
    const faults: LeaseholdError[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      const { plugin, teardown } = entry;
      const startedAt = performance.now();
      faults.push(...(await this.#attempt(plugin, teardown)));
      await this.#after(plugin, performance.now() - startedAt);
    }
    return faults;
  }

  async #attempt(plugin: string, teardown: Teardown): Promise<LeaseholdError[]> {
    const seconds = this.#seconds();
    const late = new LeaseholdError("TEARDOWN_LATE", { plugin, seconds });
    try {
      await withinSeconds(
        seconds,
        async () => teardown(),
        () => late,
      );
      return [];
    } catch (thrown) {
      if (thrown === late) return [late];
      return [new LeaseholdError("TEARDOWN_FAILED", { plugin, problem: messageOf(thrown) }, { cause: thrown })];
    }
  }
}
