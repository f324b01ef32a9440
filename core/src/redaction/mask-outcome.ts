import type { Outcome, Result, RunError } from "../run/outcome.ts";
import { maskLongText } from "./masking-long.ts";
import type { Matcher } from "./matcher.ts";
import { MASK } from "./redactor.ts";
import type { RunSecrets, SecretStore } from "./secret-store.ts";

/** An outcome as others may see it: no secret of its run in the error, none of the runner's own in the result. */
export function maskOutcome(outcome: Outcome, secrets: SecretStore, run: RunSecrets): Outcome | Promise<Outcome> {
  const inError = outcome.error ? secrets.matchersAt("error", run) : [];
  const inResult = outcome.result ? secrets.matchersAt("result", run) : [];
  return inError.length + inResult.length === 0 ? outcome : masked(outcome, inError, inResult);
}

async function masked(outcome: Outcome, inError: readonly Matcher[], inResult: readonly Matcher[]): Promise<Outcome> {
  const error = outcome.error && (await maskError(outcome.error, inError));
  const result = outcome.result && (await maskResult(outcome.result, inResult));
  if (error === outcome.error && result === outcome.result) return outcome;
  return { ...outcome, ...(error ? { error } : {}), ...(result ? { result } : {}) };
}

async function maskError(error: RunError, matchers: readonly Matcher[]): Promise<RunError> {
  if (matchers.length === 0) return error;
  const code = await maskLongText(error.code, matchers);
  const message = await maskLongText(error.message, matchers);
  return code === error.code && message === error.message ? error : { ...error, code, message };
}

async function maskResult(result: Result, matchers: readonly Matcher[]): Promise<Result> {
  const text = await maskLongText(result.text, matchers);
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
