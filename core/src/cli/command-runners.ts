import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import type { Runner, RunnerOverrides } from "../runner-api.ts";
import { boot, type Call, resolve } from "./call.ts";

/** The runners that a contributed command sets up, so that none outlives it. */
export class CommandRunners {
  readonly #call: Call;
  readonly #plugin: string;
  readonly #runners: Runner[] = [];

  constructor(call: Call, plugin: string) {
    this.#call = call;
    this.#plugin = plugin;
  }

  /** Rejects with a `FaultReport`, and with PLUGIN_MISSING when it overrides options of a plugin that is not configured. */
  async create(overrides: RunnerOverrides = {}): Promise<Runner> {
    this.#requirePlugins(Object.keys(overrides.plugins ?? {}));
    const runner = await boot(this.#call, await resolve(this.#call, overrides));
    this.#runners.push(runner);
    return runner;
  }

  /** Closes all of them; those that their command has closed already are closed twice, which is fine. */
  async close(): Promise<void> {
    for (const runner of this.#runners.splice(0).reverse()) await runner.close();
  }

  #requirePlugins(wanted: readonly string[]): void {
    const configured = this.#call.config.plugins.map(({ definition }) => definition.name);
    for (const dependency of wanted) {
      if (configured.includes(dependency)) continue;
      const suggestion = didYouMean(dependency, configured);
      throw new LeaseholdError("PLUGIN_MISSING", { plugin: this.#plugin, dependency, suggestion });
    }
  }
}
