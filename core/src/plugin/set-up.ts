import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { ResolvedPlugin } from "../runner-api.ts";
import type { PluginContext } from "./plugin.ts";
import type { TeardownStack } from "./teardown-stack.ts";
import { withinSeconds } from "./within.ts";

const SETUP_SECONDS = 30;

/** What came of the setups: milliseconds each took, and all faults. */
export interface SetUp {
  readonly ms: ReadonlyMap<string, number>;
  readonly faults: readonly LeaseholdError[];
}

/** Sets plugins up one after another, goes on after a fault, and leaves out those that depend on a faulty one. */
export async function setUpPlugins(
  plugins: readonly ResolvedPlugin[],
  contextOf: (plugin: string) => PluginContext,
  teardowns: TeardownStack,
): Promise<SetUp> {
  const ms = new Map<string, number>();
  const faults: LeaseholdError[] = [];
  for (const { plugin, options } of plugins) {
    const { name, dependsOn = [] } = plugin.definition;
    if (dependsOn.some((dependency) => !ms.has(dependency))) continue;
    const startedAt = performance.now();
    try {
      const late = () => new LeaseholdError("SETUP_LATE", { plugin: name, seconds: SETUP_SECONDS });
      const setup = async () => plugin.definition.setup?.(contextOf(name), options);
      const teardown = await withinSeconds(SETUP_SECONDS, setup, late);
      if (typeof teardown === "function") teardowns.push(name, teardown);
      ms.set(name, performance.now() - startedAt);
    } catch (thrown) {
      faults.push(setupFault(name, thrown));
    }
  }
  return { ms, faults };
}

function setupFault(plugin: string, thrown: unknown): LeaseholdError {
  if (!(thrown instanceof LeaseholdError))
    return new LeaseholdError("SETUP_FAILED", { plugin, problem: messageOf(thrown) }, { cause: thrown });
  if (thrown.code === "SETUP_LATE") return thrown;
  const problem = `${thrown.message} [${thrown.code}]. ${thrown.fix}`;
  return new LeaseholdError("SETUP_FAILED", { plugin, problem }, { cause: thrown });
}
