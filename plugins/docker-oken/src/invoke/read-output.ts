import { jsonMemberSpan } from "leasehold";
import { OkenError } from "../oken-error.ts";
import { kindOf, textOf } from "./json-text.ts";

/** The most of an agent's own words that an error repeats. */
const MOST_CHARACTERS = 16_384;

/**
 * The exact text of `output` in an agent's answer, `null` where it has none (spec §1.3). Throws an `OkenError` of code
 * `INVOKE_FAILED`: with the agent's own status when that is no success, with 502 for what is no JSON object (OKEN-D10).
 */
export function readOutput(status: number, body: Buffer): string {
  if (status < 200 || status >= 300) throw answered(status, body);
  const text = textOf(body);
  const value = text === undefined ? undefined : parsed(text);
  if (text === undefined || value === undefined) throw unusable(status, "is no JSON");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unusable(status, `must be a JSON object, not ${kindOf(value)}`);
  const output: unknown = "output" in value ? value.output : null;
  if (output === null) return "null";
  if (typeof output !== "object" || Array.isArray(output))
    throw new OkenError(
      "INVOKE_FAILED",
      `Agent output must be a JSON object or null, got ${kindOf(output)}`,
      BAD_GATEWAY,
    );
  const span = jsonMemberSpan(text, "output");
  return span ? text.slice(span.start, span.end) : "null";
}

const BAD_GATEWAY = { status: 502 };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answered(status: number, body: Buffer): OkenError {
  const words = body.toString("utf8");
  const shown = words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS)}…` : words;
  return new OkenError("INVOKE_FAILED", `Agent returned ${status}: ${shown}`, { status });
}

function unusable(status: number, problem: string): OkenError {
  return new OkenError("INVOKE_FAILED", `Agent answered ${status} with a body that ${problem}`, BAD_GATEWAY);
}
