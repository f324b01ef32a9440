import { constants } from "node:os";
import { failed, type Outcome, type OutcomeDetails, type ProcessExit, type Redactor, succeeded } from "leasehold";
import { errorText } from "./error-text.ts";
import { soleMessage } from "./report.ts";
import { resultOf } from "./result-of.ts";

/** What a process that ended by itself comes to (protocol §4.6, §4.7). */
export function outcomeOf(exit: ProcessExit, outputBytes: number, secrets: Pick<Redactor, "text">): Outcome {
  const report = { returnCode: returnCode(exit), stdout: exit.stdout, stderr: exit.stderr, outputBytes };
  const result = resultOf(report);
  const details = { ...exitDetails(exit), ...truncation(exit) };
  if (exit.code === 0) return succeeded(result, details);
  return failed({ code: "COMMAND_FAILED", message: errorText(report, result, secrets) }, { ...details, result });
}

/** A failure whose only output is our own sentence. */
export function outcomeOfMessage(error: FailureOfOurs, details: OutcomeDetails = {}): Outcome {
  const result = resultOf(soleMessage(error.exitCode, error.message));
  return failed({ code: error.code, message: error.message }, { ...details, exitCode: error.exitCode, result });
}

export interface FailureOfOurs {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Exit code (256 - n for signal n), signal and receipt, as far as there are any. */
export function exitDetails(exit: ProcessExit): OutcomeDetails {
  const code = returnCode(exit);
  return {
    exitCode: code < 0 ? 256 + code : code,
    ...(exit.signal === null ? {} : { signal: exit.signal }),
    ...(exit.receipt === undefined ? {} : { receipt: exit.receipt }),
  };
}

function returnCode({ code, signal }: ProcessExit): number {
  return code ?? -(signal === null ? constants.signals.SIGKILL : constants.signals[signal]);
}

function truncation({ stdout, stderr }: ProcessExit): OutcomeDetails {
  if (stdout.droppedBytes + stderr.droppedBytes === 0) return {};
  return {
    truncated: {
      ...(stdout.droppedBytes > 0 ? { stdout: stdout.droppedBytes } : {}),
      ...(stderr.droppedBytes > 0 ? { stderr: stderr.droppedBytes } : {}),
    },
  };
}
