import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { RunAborted } from "./aborted.ts";
import { failed, type Outcome, refused, stopped } from "./outcome.ts";
import type { RunState } from "./run-state.ts";

/** Exit code of a run whose time was up, as `timeout(1)` has it. */
const TIMEOUT_EXIT_CODE = 124;

const REFUSING: ReadonlySet<string> = new Set(["RUN_INVALID", "PROJECT_DIR_MISSING", "PROJECT_DIR_REFUSED"]);

/** A throw settles by the reason of the abort when there was one, and as the fault that it is otherwise. */
export function settleFault(run: RunState, thrown: unknown): Outcome {
  if (run.signal.aborted) return abortedBy(run.signal.reason as RunAborted);
  if (!(thrown instanceof LeaseholdError)) run.log.error({ err: thrown }, "the run failed inside the core");
  else if (thrown.code === "TAP_FAILED") run.log.error({ err: thrown, ...thrown.details }, thrown.message);
  const code = thrown instanceof LeaseholdError ? thrown.code : "RUN_FAILED";
  const settle = REFUSING.has(code) ? refused : failed;
  return settle({ code, message: messageOf(thrown) });
}

/** The outcome of a run that nobody was asked to execute. */
export function refusedBy(error: LeaseholdError): Outcome {
  return refused({ code: error.code, message: error.message });
}

function abortedBy(aborted: RunAborted): Outcome {
  if (aborted.reason !== "timeout") return stopped({ code: "RUN_STOPPED", message: aborted.message });
  return failed({ code: "RUN_TIMEOUT", message: aborted.message }, { exitCode: TIMEOUT_EXIT_CODE });
}
