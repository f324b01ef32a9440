import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Teardown } from "./plugin.ts";
import { withinSeconds } from "./within.ts";

const TEARDOWN_SECONDS = 10;

/** Undoes setups in reverse: every one runs, each within a deadline, and all errors are collected. */
export class TeardownStack {
  readonly #entries: { readonly plugin: string; readonly teardown: Teardown }[] = [];

  push(plugin: string, teardown: Teardown): void {
    this.#entries.push({ plugin, teardown });
  }

  /** Empties the stack. A second call finds nothing to do. */
  async unwind(): Promise<LeaseholdError[]> {
    const faults: LeaseholdError[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      const { plugin, teardown } = entry;
      const late = () => new LeaseholdError("TEARDOWN_LATE", { plugin, seconds: TEARDOWN_SECONDS });
      try {
        await withinSeconds(TEARDOWN_SECONDS, async () => teardown(), late);
      } catch (thrown) {
        const failed = () =>
          new LeaseholdError("TEARDOWN_FAILED", { plugin, problem: messageOf(thrown) }, { cause: thrown });
        faults.push(thrown instanceof LeaseholdError && thrown.code === "TEARDOWN_LATE" ? thrown : failed());
      }
    }
    return faults;
  }
}
