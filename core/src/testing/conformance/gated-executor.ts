import type { Decline } from "../../hooks/answers.ts";
import type { Tappable } from "../../hooks/taps.ts";
import { definePlugin } from "../../plugin/define-plugin.ts";
import { API_VERSION, type Plugin } from "../../plugin/plugin.ts";
import type { AnyEntrypoint } from "../../run/entrypoint.ts";
import { jsonResult, type Outcome, succeeded } from "../../run/outcome.ts";
import type { Run } from "../../run/run.ts";

const KIND = "conformance-gated";

/** The hooks for a kind that is nobody's to declare: a declaration here would be everybody's who imports this. */
interface OpenHooks {
  readonly resolveEntrypoint: Tappable<(run: Run) => AnyEntrypoint | Decline>;
  readonly execute: { for(kind: string): Tappable<(run: Run) => Promise<Outcome>> };
}

/**
 * Executes whatever comes, before any other executor: at once, or, where the parameter `held` is true, when the test says so.
 * Result: the parameters. Knows runs by their parameter `mark`, since not every far side knows their ids.
 */
export class GatedExecutor {
  /** Marks of runs in the order in which they were begun. */
  readonly begun: string[] = [];
  readonly #ids = new Map<string, string>();
  /** The most that were under way at once. */
  most = 0;
  #underWay = 0;
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  get plugin(): Plugin {
    return definePlugin({
      name: "conformance-executor",
      apiVersion: API_VERSION,
      setup: (context) => {
        const hooks = context.hooks as OpenHooks;
        hooks.resolveEntrypoint.tap(() => ({ kind: KIND }), { order: "first" });
        hooks.execute.for(KIND).tap((run) => this.#execute(run));
      },
    })();
  }

  /** Resolves when so many runs have been begun. */
  async hasBegun(count: number): Promise<void> {
    if (this.begun.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.add({ count, resolve }));
  }

  /** Lets a held run end. */
  release(mark: string): void {
    this.#gateOf(mark).resolve();
  }

  /** The id of a run that was begun. */
  idOf(mark: string): string | undefined {
    return this.#ids.get(mark);
  }

  async #execute(run: Run) {
    const mark = String(run.parameters["mark"]);
    this.#ids.set(mark, run.id);
    this.begun.push(mark);
    this.most = Math.max(this.most, ++this.#underWay);
    for (const waiting of this.#waiting) if (this.begun.length >= waiting.count) waiting.resolve();
    try {
      run.emit({ type: "message", data: { text: "under way" } });
      if (run.parameters["held"] === true) await this.#gate(mark, run);
      run.signal.throwIfAborted();
      return succeeded(jsonResult(run.parametersText));
    } finally {
      this.#underWay--;
    }
  }

  async #gate(mark: string, { signal }: Run): Promise<void> {
    const { promise, resolve } = this.#gateOf(mark);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }

  #gateOf(mark: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(mark) ?? Promise.withResolvers<void>();
    this.#gates.set(mark, gate);
    return gate;
  }
}
