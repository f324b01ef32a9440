import type { Outcome, Result, RunError } from "../run/outcome.ts";
import { maskLongText } from "./masking-long.ts";
import type { Matcher } from "./matcher.ts";
import { MASK } from "./redactor.ts";
import type { RunSecrets, SecretStore } from "./secret-store.ts";

/** An outcome as others may see it: no secret of its run in the error, none of the runner's own in the result. */
export async function maskOutcome(outcome: Outcome, secrets: SecretStore, run: RunSecrets): Promise<Outcome> {
  const error = outcome.error && (await maskError(outcome.error, secrets.matchersAt("error", run)));
  const result = outcome.result && (await maskResult(outcome.result, secrets, run));
  if (error === outcome.error && result === outcome.result) return outcome;
  return { ...outcome, ...(error ? { error } : {}), ...(result ? { result } : {}) };
}

async function maskError(error: RunError, matchers: readonly Matcher[]): Promise<RunError> {
  if (matchers.length === 0) return error;
  const code = await maskLongText(error.code, matchers);
  const message = await maskLongText(error.message, matchers);
  return code === error.code && message === error.message ? error : { ...error, code, message };
}

async function maskResult(result: Result, secrets: SecretStore, run: RunSecrets): Promise<Result> {
  const text = await maskLongText(result.text, secrets.matchersAt("result", run));
  if (text === result.text) return result;
  return { ...result, text: result.format === "json" && !isJson(text) ? JSON.stringify(MASK) : text };
}

/** A secret of digits alone may have been a number. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
