import { jsonMemberSpan } from "leasehold";
import { ValidationFault, type ValidationItem } from "../http/faults.ts";
import { textOf } from "./json-text.ts";

/** Deeper documents overflow the stack of an agent that parses them by recursion; the core's own bound. */
const DEEPEST = 500;
const JSON_TYPE = /^application\/([^;\s]+\+)?json\s*(;|$)/i;

/**
 * The exact text of `input` in the body of a call, every number and key as the caller wrote it (spec §1.3).
 * Throws a `ValidationFault` for what is wrong with the body (spec §1.1, kind B).
 */
export function readInput(contentType: string | undefined, body: Buffer | undefined): string {
  if (!body || body.length === 0) throw missing("body", null, ["body"]);
  const text = textOf(body);
  if (text === undefined) throw invalidJson("the body is no UTF-8", 0);
  if (contentType !== undefined && !JSON_TYPE.test(contentType)) throw notAnObject(text);
  const value = parsed(text);
  if (value === null) throw missing("body", null, ["body"]);
  if (typeof value !== "object" || Array.isArray(value)) throw notAnObject(value);
  if (!("input" in value)) throw missing("input", value, ["body", "input"]);
  const { input } = value;
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw notADictionary(input);
  const span = jsonMemberSpan(text, "input");
  if (!span || span.depth > DEEPEST)
    throw invalidJson(`input is nested deeper than ${DEEPEST} levels`, span?.start ?? 0);
  return text.slice(span.start, span.end);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const { message } = thrown as SyntaxError;
    throw invalidJson(message, Number(/ position (\d+)/.exec(message)?.[1] ?? 0));
  }
}

function invalidJson(problem: string, offset: number): ValidationFault {
  const loc = ["body", offset];
  return fault("body: not valid JSON", {
    type: "json_invalid",
    loc,
    msg: "JSON decode error",
    input: {},
    ctx: { error: problem },
  });
}

function notAnObject(input: unknown): ValidationFault {
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return fault("body: must be a JSON object", { type: "model_attributes_type", loc: ["body"], msg, input });
}

function notADictionary(input: unknown): ValidationFault {
  const loc = ["body", "input"];
  return fault("input: must be a JSON object", {
    type: "dict_type",
    loc,
    msg: "Input should be a valid dictionary",
    input,
  });
}

function missing(name: string, input: unknown, loc: readonly string[]): ValidationFault {
  return fault(`${name}: field required`, { type: "missing", loc, msg: "Field required", input });
}

function fault(line: string, item: ValidationItem): ValidationFault {
  return new ValidationFault(line, [item]);
}
