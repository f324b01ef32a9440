import { stat } from "node:fs/promises";
import {
  type Entrypoint,
  LaunchError,
  type Outcome,
  type ProcessExit,
  type ProcessLauncher,
  type ProcessSpec,
  type Run,
  RunAborted,
  stopped,
} from "leasehold";
import type { ChildEnvironment } from "./environment.ts";
import { LOST_CODE } from "./launcher/launch-errors.ts";
import { toArguments } from "./parameters/to-arguments.ts";
import { durationText } from "./result/duration-text.ts";
import { exitDetails, outcomeOf, outcomeOfMessage } from "./result/outcome-of.ts";

/** What an execution needs beside the run. */
export interface CommandSetting {
  readonly launcher: ProcessLauncher;
  readonly environment: ChildEnvironment;
  readonly background: "end" | "keep";
}

/** Codes of a missing file, which may be the program, its interpreter or the directory. */
const ABSENT = ["ENOENT", "ENOTDIR"];

/** Runs the process that an entrypoint names and turns its end into an outcome (protocol §4.4 to §4.7). */
export async function executeCommand(
  run: Run,
  entrypoint: Entrypoint<"command">,
  setting: CommandSetting,
): Promise<Outcome> {
  try {
    const child = await setting.launcher.launch(run, processSpec(run, entrypoint, setting));
    const exit = await child.exit;
    if (run.signal.aborted) return abortedOutcome(run, exit);
    return exit.lost ? lostOutcome(exit) : outcomeOf(exit, run.limits.outputBytes, run.secrets);
  } catch (error) {
    if (run.signal.aborted) return abortedOutcome(run);
    if (error instanceof LaunchError && error.code === LOST_CODE) return lostOutcome();
    if (error instanceof LaunchError) return unstartedOutcome(error, entrypoint.file);
    throw error;
  }
}

function processSpec(run: Run, { file, args }: Entrypoint<"command">, setting: CommandSetting): ProcessSpec {
  return {
    file,
    args: [...args, ...toArguments(run.parametersText)],
    cwd: run.projectDir,
    env: setting.environment.forRun(run),
    outputBytes: run.limits.outputBytes,
    graceSeconds: run.limits.graceSeconds,
    background: setting.background,
    signal: run.signal,
  };
}

/** The outcome of a run that was told to end; what it had written until then does not count. */
function abortedOutcome(run: Run, exit?: ProcessExit): Outcome {
  const details = exit?.receipt === undefined ? {} : { receipt: exit.receipt };
  const reason: unknown = run.signal.reason;
  if (reason instanceof RunAborted && reason.reason === "timeout") {
    const message = `Command timed out after ${durationText(run.limits.timeoutSeconds)}`;
    return outcomeOfMessage({ code: "COMMAND_TIMEOUT", message, exitCode: 124 }, details);
  }
  const signal = exit?.receipt?.signals.at(-1);
  const message = reason instanceof Error ? reason.message : "the run was told to end";
  return stopped(message, {
    ...(exit === undefined ? {} : exitDetails(exit)),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A process without an end that is known may have done its work or not. */
function lostOutcome({ receipt }: Pick<ProcessExit, "receipt"> = {}): Outcome {
  const message =
    "What started the command has died, so nobody knows how the command ended; what was left of it was ended";
  return outcomeOfMessage({ code: "COMMAND_LOST", message, exitCode: 1 }, receipt ? { receipt } : {});
}

async function unstartedOutcome(error: LaunchError, file: string): Promise<Outcome> {
  if (ABSENT.includes(error.code) && !(await exists(file))) {
    return outcomeOfMessage({ code: "COMMAND_NOT_FOUND", message: `Command not found: ${file}`, exitCode: 1 });
  }
  return outcomeOfMessage({ code: "COMMAND_NOT_STARTED", message: error.message, exitCode: 1 });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
