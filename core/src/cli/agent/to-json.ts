import { z } from "zod";
import { coerce } from "../../config/coerce.ts";
import { isJsonObject, type JsonValue } from "../../json/value.ts";
import { type ParameterType, typeOf } from "./parameter-kind.ts";

/** JSON text of a parameter, or why its texts have none. */
export type ToJson = { readonly json: string } | { readonly problem: string };

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The JSON text for what was given for one parameter. Number text and JSON text stay as typed. */
export function toJson(texts: readonly (string | true)[], schema: JsonValue | undefined): ToJson {
  const type = typeOf(schema);
  const [text] = texts;
  if (type.nullable && texts.length === 1 && text === "null") return { json: "null" };
  if (type.kind === "array") return toArray(texts, isJsonObject(schema) ? schema["items"] : undefined);
  if (texts.length !== 1 || text === undefined) return { problem: `it is given ${texts.length} times` };
  return text === true ? { json: "true" } : scalar(text, type);
}

function toArray(texts: readonly (string | true)[], items: JsonValue | undefined): ToJson {
  const type = typeOf(items);
  const elements = texts.flatMap((text): ToJson[] => {
    if (text === true) return [{ problem: "it has no value" }];
    const whole = jsonOf(text);
    if (Array.isArray(whole) && type.kind !== "array") return [{ json: text.trim().slice(1, -1).trim() }];
    return split(text, type).map((element) => scalar(element, type));
  });
  const wrong = elements.find((element) => "problem" in element);
  if (wrong) return wrong;
  const written = elements.map((element) => (element as { json: string }).json).filter((json) => json !== "");
  return { json: `[${written.join(",")}]` };
}

/** JSON documents hold commas of their own, so each word is one element. */
function split(text: string, { kind }: ParameterType): string[] {
  if (text === "") return [];
  if (kind === "object" || kind === "array") return [text];
  const elements = text.split(",");
  return kind === "string" ? elements : elements.map((element) => element.trim());
}

function scalar(text: string, { kind }: ParameterType): ToJson {
  switch (kind) {
    case "string":
      return { json: JSON.stringify(text) };
    case "integer":
    case "number":
      return JSON_NUMBER.test(text) ? { json: text } : { problem: `"${text}" is not ${article(kind)}` };
    case "boolean": {
      const coerced = coerce(text, z.boolean());
      return "value" in coerced ? { json: String(coerced.value) } : { problem: `"${text}" is neither true nor false` };
    }
    case "object":
      return isJsonObject(jsonOf(text)) ? { json: text.trim() } : { problem: `"${text}" is not the JSON of an object` };
    case "array":
      return Array.isArray(jsonOf(text)) ? { json: text.trim() } : { problem: `"${text}" is not the JSON of a list` };
    case "any":
      return { json: jsonOf(text) === undefined ? JSON.stringify(text) : text.trim() };
  }
}

function article(kind: "integer" | "number"): string {
  return kind === "integer" ? "an integer" : "a number";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
