import { stateDirectoryOf } from "../journal/state-directory.ts";
import { CommandError } from "../plugin/command.ts";
import { type Call, withRunner } from "./call.ts";

/** Where a runner of this configuration keeps its state: that depends on the active profile, which only the plugins know. */
export function findStateDirectory(call: Call): Promise<string> {
  return withRunner(call, async ({ activeProfile }, { options }) => stateDirectoryOf(options, activeProfile?.name));
}

/** The same for commands that speak to a runner. Rejects where its runner has no state directory. */
export function findControlDirectory(call: Call): Promise<string> {
  return withRunner(call, async ({ activeProfile }, { options }) => {
    if (options.journal === "memory")
      throw new CommandError(
        "a runner of this configuration cannot be reached: its journal is in memory, so it has no state directory",
        'End it with SIGTERM, a second one stops its work; or give it a state directory with journal: "durable" (LEASEHOLD_JOURNAL).',
      );
    return stateDirectoryOf(options, activeProfile?.name);
  });
}
