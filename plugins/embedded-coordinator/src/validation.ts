import { z } from "leasehold";
import { memberTexts } from "./json-text.ts";
import { Refusal } from "./refusal.ts";

/** A request body: the parsed value, its source text, and whether it was declared and written as JSON. */
export type Body = { text: string; value: unknown; fault?: Fault };

/** One entry of a 422 answer (protocol §2.1). */
type Fault = {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
};

/** Reads a body once it has arrived. A faulty one is kept with its fault: only a route that wants a body minds. */
export function readBody(contentType: string | undefined, text: string): Body {
  // A body without a declared type is refused too: a web page may send one to this machine without asking first.
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? "")) {
    return { text, value: undefined, fault: notAnObject(text) };
  }
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    const offset = Number(/at position (\d+)/.exec(String(error))?.[1] ?? text.length);
    const ctx = { error: "Expecting a JSON value" };
    return {
      text,
      value: undefined,
      fault: { type: "json_invalid", loc: ["body", offset], msg: "JSON decode error", input: {}, ctx },
    };
  }
}

/** Checks a body against its shape. Answers the value and the source text of its members, or refuses with 422. */
export function validBody<Shape extends z.ZodType>(
  body: unknown,
  shape: Shape,
): { value: z.output<Shape>; texts: Map<string, string> } {
  const read = isBody(body) ? body : undefined;
  if (!read || read.text === "") {
    throw unprocessable([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]);
  }
  if (read.fault) throw unprocessable([read.fault]);
  return { value: valid("body", read.value, shape), texts: memberTexts(read.text) };
}

/** Checks a query against its shape or refuses with 422. */
export function validQuery<Shape extends z.ZodType>(query: unknown, shape: Shape): z.output<Shape> {
  return valid("query", query, shape);
}

/** A query parameter that says yes or no, in the words that the reference understands. */
export function flag(fallback: boolean) {
  return z
    .string()
    .toLowerCase()
    .refine((text) => TRUE.includes(text) || FALSE.includes(text), {
      params: { type: "bool_parsing" },
      message: "Input should be a valid boolean, unable to interpret input",
    })
    .transform((text) => TRUE.includes(text))
    .default(fallback);
}

const TRUE = ["true", "1", "yes", "on", "t", "y"];
const FALSE = ["false", "0", "no", "off", "f", "n"];

function valid<Shape extends z.ZodType>(place: "body" | "query", value: unknown, shape: Shape): z.output<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unprocessable(parsed.error.issues.map((issue) => faultOf(place, value, issue)));
}

function faultOf(place: string, value: unknown, issue: z.core.$ZodIssue): Fault {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const loc = [place, ...path];
  const input = follow(value, path);
  if (input === undefined) {
    return { type: "missing", loc, msg: "Field required", input: follow(value, path.slice(0, -1)) ?? null };
  }
  if (issue.code === "invalid_type") return { ...typeFault(issue.expected), loc, input };
  if (issue.code === "invalid_value") {
    const expected = issue.values.map((choice) => `'${String(choice)}'`).join(" or ");
    return { type: "enum", loc, msg: `Input should be ${expected}`, input, ctx: { expected } };
  }
  const type =
    issue.code === "custom" && typeof issue.params?.["type"] === "string" ? issue.params["type"] : "value_error";
  return { type, loc, msg: issue.message, input };
}

const TYPE_FAULTS: Record<string, { type: string; msg: string }> = {
  string: { type: "string_type", msg: "Input should be a valid string" },
  boolean: { type: "bool_type", msg: "Input should be a valid boolean" },
  int: { type: "int_type", msg: "Input should be a valid integer" },
  number: { type: "int_type", msg: "Input should be a valid integer" },
  array: { type: "list_type", msg: "Input should be a valid list" },
  record: { type: "dict_type", msg: "Input should be a valid dictionary" },
};

function typeFault(expected: string): { type: string; msg: string } {
  return TYPE_FAULTS[expected] ?? objectFault;
}

const objectFault = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};

function notAnObject(input: string): Fault {
  return { ...objectFault, loc: ["body"], input };
}

function follow(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}

function unprocessable(faults: Fault[]): Refusal {
  return new Refusal(422, faults);
}

function isBody(body: unknown): body is Body {
  return typeof body === "object" && body !== null && "text" in body && "value" in body;
}
