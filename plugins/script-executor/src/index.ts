import type { ChildEnvironment } from "@leasehold/command-executor";
import { definePlugin, failed, token } from "leasehold";
import { checks } from "./checks.ts";
import { options } from "./options.ts";
import { ScriptRuns } from "./run/script-runs.ts";
import type {} from "./run/unavailable-kind.ts";
import { ScriptsToken } from "./scripts.ts";
import { ScriptStore } from "./store/script-store.ts";
import { retryTiming } from "./sync/retried-task.ts";
import { ScriptKeeper } from "./sync/script-keeper.ts";

export type { ScriptFaultCode } from "./script-fault.ts";
export type { HeldScript, ScriptOrigin, Scripts } from "./scripts.ts";

const EnvironmentToken = token<ChildEnvironment>("command-executor/child-environment");

/** Runs agents that have a script, and keeps the scripts in step with whoever hands over an origin. */
export const scriptExecutor = definePlugin({
  name: "script-executor",
  apiVersion: 1,
  dependsOn: ["command-executor"],
  manifest: { spawn: true, fileRoots: ["scripts in the project directory"] },
  options,
  checks,
  setup({ hooks, services, runner, log }, options) {
    const store = new ScriptStore(runner.projectDir, log);
    const keeper = new ScriptKeeper({ ...options, store, log, limits: options, timing: retryTiming });
    const runs = new ScriptRuns({ keeper, store, environment: () => services.get(EnvironmentToken) });
    services.provide(ScriptsToken, { useValue: keeper });
    hooks.resolveEntrypoint.tap((run) => runs.resolve(run));
    hooks.execute.for("unavailable-script").tap((_, { code, message }) => failed({ code, message }, { exitCode: 1 }));
    hooks.onResult.tap((_, run) => runs.release(run), { order: "last" });
    return () => keeper.close();
  },
});
