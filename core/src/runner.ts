import { BootedRunner } from "./booted-runner.ts";
import { FaultReport, LeaseholdError } from "./errors/leasehold-error.ts";
import { findExecutorConflicts } from "./hooks/conflicts.ts";
import { contextFor } from "./plugin/context.ts";
import { findCopies } from "./plugin/copies.ts";
import { planPlugins } from "./plugin/order.ts";
import { reportOf } from "./plugin/report.ts";
import { setUpPlugins } from "./plugin/set-up.ts";
import { TeardownStack } from "./plugin/teardown-stack.ts";
import { addProfileFiles } from "./profiles/add-profile-files.ts";
import { maskRejections } from "./redaction/mask-rejections.ts";
import { SecretStore } from "./redaction/secret-store.ts";
import { RunAborted } from "./run/aborted.ts";
import { END_SECONDS } from "./run/pipeline.ts";
import type { Runner, RunnerSpec } from "./runner-api.ts";
import { createRunnerParts, type RunnerParts } from "./runner-parts.ts";

/**
 * Sets every plugin up. Rejects with one `FaultReport` that holds all faults; whatever was set up by then is torn down.
 */
export async function bootRunner(spec: RunnerSpec): Promise<Runner> {
  const secrets = spec.secrets ?? new SecretStore();
  try {
    return maskRejections(await boot({ ...spec, secrets }), secrets);
  } catch (thrown) {
    throw secrets.maskError("thrown", thrown);
  }
}

async function boot(spec: RunnerSpec): Promise<Runner> {
  const { ordered, faults } = planPlugins(spec.plugins);
  const found = [...findCopies(spec.plugins.map(({ plugin }) => plugin)), ...faults];
  if (found.length > 0) throw new FaultReport("The configuration has faults", found);
  const parts = createRunnerParts(spec);
  const teardowns = new TeardownStack(
    (plugin, ms) => endPlugin(plugin, ms, parts, spec),
    () => parts.budget.seconds("teardown"),
  );
  const setUp = await setUpPlugins(ordered, (plugin) => contextFor(plugin, parts, spec), teardowns, parts.log);
  parts.board.close();
  for (const [plugin, ms] of setUp.ms) parts.telemetry.tell({ type: "plugin", plugin, act: "setup", ms });
  const fileFaults = await addProfileFiles(spec.options, parts.profiles);
  const profileFaults = fileFaults.length > 0 ? fileFaults : findProfileFaults(parts);
  const late = [...setUp.faults, ...findExecutorConflicts(parts.board.records), ...profileFaults];
  if (late.length > 0) {
    late.push(...(await teardowns.unwind()));
    throw new FaultReport("The runner could not be set up", late);
  }
  const reports = ordered.map(({ plugin }) => reportOf(plugin.definition, parts, setUp.ms));
  return new BootedRunner(spec, parts, teardowns, reports);
}

/** A plugin's resources end with it: after its own teardown, before that of the plugins it depends on. */
async function endPlugin(plugin: string, ms: number, { ledger, telemetry, budget }: RunnerParts, spec: RunnerSpec) {
  telemetry.tell({ type: "plugin", plugin, act: "teardown", ms });
  const reason = new RunAborted("drain", "the runner is shutting down");
  const seconds = Math.min(spec.options.graceSeconds + END_SECONDS, budget.seconds("stop"));
  await ledger.end({ type: "plugin", plugin }, reason, seconds);
}

function findProfileFaults({ profiles }: RunnerParts): LeaseholdError[] {
  try {
    profiles.active();
    return [];
  } catch (thrown) {
    if (thrown instanceof LeaseholdError) return [thrown];
    throw thrown;
  }
}
