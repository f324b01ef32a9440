import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import type { ResolvedPlugin } from "../runner-api.ts";
import type { PluginContext, Teardown } from "./plugin.ts";
import { TeardownStack } from "./teardown-stack.ts";
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
  log: Pick<Logger, "error">,
  seconds = SETUP_SECONDS,
): Promise<SetUp> {
  const ms = new Map<string, number>();
  const faults: LeaseholdError[] = [];
  for (const { plugin, options } of plugins) {
    const { name, dependsOn = [] } = plugin.definition;
    if (dependsOn.some((dependency) => !ms.has(dependency))) continue;
    const startedAt = performance.now();
    const setup = (async () => plugin.definition.setup?.(contextOf(name), options))();
    let teardown: Teardown | void;
    // Before the setup has ended, for a setup that fails may have started things already.
    teardowns.push(name, () => teardown?.());
    try {
      const late = new LeaseholdError("SETUP_LATE", { plugin: name, seconds });
      const answer = await withinSeconds(
        seconds,
        () => setup,
        () => late,
      );
      if (typeof answer === "function") teardown = answer;
      ms.set(name, performance.now() - startedAt);
    } catch (thrown) {
      faults.push(setupFault(name, thrown));
      void undoLate(name, setup, log);
    }
  }
  return { ms, faults };
}

/** Undoes a setup that ends after it was given up. Nobody waits for it by then, so what goes wrong is logged. */
async function undoLate(plugin: string, setup: Promise<Teardown | void>, log: Pick<Logger, "error">): Promise<void> {
  const stack = new TeardownStack();
  stack.push(plugin, async () => (await setup.catch(() => undefined))?.());
  await setup.catch(() => undefined);
  for (const fault of await stack.unwind()) log.error({ err: fault, plugin }, fault.message);
}

function setupFault(plugin: string, thrown: unknown): LeaseholdError {
  if (!(thrown instanceof LeaseholdError))
    return new LeaseholdError("SETUP_FAILED", { plugin, problem: messageOf(thrown) }, { cause: thrown });
  if (thrown.code === "SETUP_LATE") return thrown;
  const problem = `${thrown.message} [${thrown.code}]. ${thrown.fix}`;
  return new LeaseholdError("SETUP_FAILED", { plugin, problem }, { cause: thrown });
}
