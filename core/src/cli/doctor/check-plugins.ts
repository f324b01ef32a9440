import type { ResolvedConfig } from "../../config/resolve-config.ts";
import { LeaseholdError, messageOf } from "../../errors/leasehold-error.ts";
import type { Check, CheckResult } from "../../plugin/command.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import type { Runner } from "../../runner-api.ts";
import type { Call } from "../call.ts";
import { surroundingsOf } from "../surroundings.ts";
import type { Finding } from "./finding.ts";

const DEADLINE_SECONDS = 10;

/** Makes the checks of all plugins side by side; each has its own deadline, and what it throws is its plugin's failure. */
export async function checkPlugins(
  call: Call,
  config: ResolvedConfig,
  runner: Runner | undefined,
  signal: AbortSignal,
  deadlineSeconds = DEADLINE_SECONDS,
): Promise<Finding[]> {
  const checks = config.plugins.flatMap(({ plugin }) =>
    (plugin.definition.checks ?? []).map((check) => ({ plugin, check })),
  );
  const findings = checks.map(async ({ plugin, check }) => {
    const results = await runWithin(deadlineSeconds, plugin, check, signal, (limited) =>
      check.run({ ...surroundingsOf(call, config, plugin), runner, signal: limited }),
    );
    return results.map((result) => ({ ...result, check: check.name, plugin: plugin.definition.name }));
  });
  return (await Promise.all(findings)).flat();
}

async function runWithin(
  seconds: number,
  { definition }: Plugin,
  { name }: Check,
  signal: AbortSignal,
  run: (limited: AbortSignal) => ReturnType<Check["run"]>,
): Promise<readonly CheckResult[]> {
  const deadline = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`it took longer than ${seconds} s`));
    deadline.abort(new Error(`it took longer than ${seconds} s`));
  }, seconds * 1_000);
  try {
    // A check that throws at once must not take the others with it.
    const running = (async () => run(AbortSignal.any([signal, deadline.signal])))();
    return [await Promise.race([running, late.promise])].flat();
  } catch (thrown) {
    const fix =
      thrown instanceof LeaseholdError ? thrown.fix : "Look into what this names; the check itself may be at fault.";
    return [{ ok: false, problem: `check "${name}" of plugin "${definition.name}" failed: ${messageOf(thrown)}`, fix }];
  } finally {
    clearTimeout(timer);
  }
}
