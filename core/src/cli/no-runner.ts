import { lockHolder } from "../journal/lock-holder.ts";
import { CommandError } from "../plugin/command.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** Nobody listens in a state directory: says so, or who is there and does not listen. */
export async function noRunner(directory: string): Promise<CommandError> {
  const pid = await lockHolder(directory);
  if (pid === undefined)
    return new CommandError(
      `no runner works with the state directory ${directory}`,
      "Name the profile, project or state directory of the one that you mean; leasehold config shows what this call takes.",
      { exitCode: EXIT_CODES.NO_RUNNER.code },
    );
  return new CommandError(
    `process ${pid} works with the state directory ${directory}, but no runner listens there`,
    `It is another command, such as journal replay, or its control socket is lost; kill -TERM ${pid} ends it in order.`,
  );
}
