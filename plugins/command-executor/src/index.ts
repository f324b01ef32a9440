import { definePlugin, ProcessLauncher } from "leasehold";
import { commands } from "./checks/commands.ts";
import { grants } from "./checks/grants.ts";
import { taggingCheck } from "./checks/tagging.ts";
import { childEnvironment, registerGrants } from "./environment.ts";
import { ChildEnvironmentToken } from "./environment-token.ts";
import { executeCommand } from "./execute-command.ts";
import { unknownGrantees } from "./grants.ts";
import { LocalLauncher, PROCESS_GROUP } from "./launcher/local-launcher.ts";
import { options } from "./options.ts";
import { resolveCommand } from "./resolve/resolve-command.ts";

export type { ChildEnvironment } from "./environment.ts";
// Carries the declaration of the kind to whoever imports this package.
export type { CommandEntrypoint } from "./resolve/command-kind.ts";

/** Runs entrypoints of kind `command` as processes, without a shell, and provides the launcher that starts them. */
export const commandExecutor = definePlugin({
  name: "command-executor",
  apiVersion: 1,
  manifest: { spawn: true, fileRoots: ["the run's project directory", "the profile's directory"] },
  options,
  checks: [commands, taggingCheck(), grants],
  setup({ hooks, services, resources, profiles, runner, secrets, log }, { background, brokers, environment }) {
    const launcher = new LocalLauncher(log, { brokers });
    const children = childEnvironment(environment, runner.projectDir);
    registerGrants(environment.grants, secrets);
    resources.handle(PROCESS_GROUP, launcher);
    services.provide(ProcessLauncher, { useValue: launcher });
    services.provide(ChildEnvironmentToken, { useValue: children });
    const warnOnce = once(() => {
      for (const problem of unknownGrantees(environment.grants, profiles.all())) log.warn(problem);
    });
    hooks.resolveEntrypoint.tap((run) => {
      warnOnce();
      return resolveCommand(run);
    });
    hooks.execute.for("command").tap((run, entrypoint) =>
      executeCommand(run, entrypoint, {
        launcher: services.get(ProcessLauncher),
        environment: services.get(ChildEnvironmentToken),
        background,
      }),
    );
    return () => launcher.close();
  },
});

/** Every plugin has to be set up before it is known which agents there are: the first run is early enough. */
function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
