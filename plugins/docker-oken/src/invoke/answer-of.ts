import type { Outcome, RunError } from "leasehold";
import { OKEN_STATUS, type OkenCode, OkenError } from "../oken-error.ts";
import { closing } from "./invoke-leases.ts";
import { kindOf } from "./json-text.ts";

/**
 * The body of an invoke's answer: the output's exact text (spec §1.3). Throws an `OkenError` for every outcome that is no
 * success: what the executor said with its own code and status, what a plugin refused with 403.
 */
export function answerOf({ status, result, error }: Outcome): string {
  if (status !== "succeeded") throw faultOf(status, error);
  const text = result?.text ?? "null";
  if (result?.format === "text" || !isObjectOrNull(text))
    throw new OkenError("INVOKE_FAILED", `The output must be a JSON object or null, got ${kindOfText(result)}`, {
      status: 502,
    });
  return `{"output":${text},"error":null}`;
}

/** The core has seen to it that it is JSON; its first character tells the rest. */
function isObjectOrNull(text: string): boolean {
  return /^\s*(\{|null\s*$)/.test(text);
}

function kindOfText(result: Outcome["result"]): string {
  return result?.format === "json" ? kindOf(JSON.parse(result.text)) : "plain text";
}

function faultOf(status: Outcome["status"], error: RunError | undefined): OkenError {
  const { code = "", message = "the run gave no reason", status: answered, retryAfterSeconds } = error ?? {};
  if (code === "RUNNER_CLOSING") return closing();
  if (status === "refused") return new OkenError("REFUSED", message);
  if (code === "RUN_TIMEOUT")
    return new OkenError("INVOKE_FAILED", `Agent call timed out: ${message}`, { status: 504 });
  if (status === "stopped") return new OkenError("INVOKE_FAILED", `The call was stopped: ${message}`, { status: 503 });
  if (!isOkenCode(code)) return new OkenError("INVOKE_FAILED", message, { status: 500 });
  return new OkenError(code, message, {
    ...(answered === undefined ? {} : { status: answered }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function isOkenCode(code: string): code is OkenCode {
  return Object.hasOwn(OKEN_STATUS, code);
}
