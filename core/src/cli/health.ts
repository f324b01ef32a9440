import { askHealth } from "../control/control-client.ts";
import { messageOf } from "../errors/leasehold-error.ts";
import { CommandError } from "../plugin/command.ts";
import type { RunnerStatus } from "../status/runner-status.ts";
import type { Call } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { findControlDirectory } from "./find-state-directory.ts";
import { noRunner } from "./no-runner.ts";
import { describeStatus } from "./status-text.ts";

/** `leasehold health`: how the runner of this configuration stands. Exit code 0 where it takes work and all of its sources are ready. */
export async function health(call: Call, json: boolean): Promise<number> {
  const directory = await findControlDirectory(call);
  const status = await ask(directory);
  call.terminal.stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : `${describeStatus(status)}\n`);
  const isWell = status.leasing && status.sources.every(({ ready }) => ready);
  return isWell ? EXIT_CODES.ENDED.code : EXIT_CODES.FAULT.code;
}

async function ask(directory: string): Promise<RunnerStatus> {
  let status: RunnerStatus | undefined;
  try {
    status = await askHealth(directory);
  } catch (thrown) {
    throw new CommandError(
      `the runner that works with ${directory} does not say how it is: ${messageOf(thrown)}`,
      "Look into its log; its main loop may be held by a plugin.",
      { cause: thrown },
    );
  }
  if (status) return status;
  throw await noRunner(directory);
}
