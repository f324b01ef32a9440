import { JsonNumber, type JsonTree, parseJsonTree } from "leasehold";
import { numberText } from "../python/number-text.ts";
import { reprText, strText } from "../python/value-text.ts";

/**
 * The arguments that a run's parameters become, byte for byte as the AOF runner makes them (protocol §4.5): `--` and the key
 * verbatim, then the value in Python's words; `true` is the flag alone and `false` nothing. `text` is a JSON object.
 * Lone surrogates cannot be written as UTF-8 and become U+FFFD. Throws SyntaxError for text that is not JSON.
 */
export function toArguments(text: string): string[] {
  const parameters = parseJsonTree(text);
  if (!(parameters instanceof Map)) throw new SyntaxError("the parameters are not a JSON object");
  return [...parameters].flatMap(([key, value]) => oneParameter(`--${key}`, value)).map((word) => word.toWellFormed());
}

function oneParameter(flag: string, value: JsonTree): string[] {
  if (value === false) return [];
  return value === true ? [flag] : [flag, valueText(value)];
}

function valueText(value: JsonTree): string {
  if (value instanceof JsonNumber) return numberText(value.text);
  return Array.isArray(value) ? value.map(strText).join(",") : typeof value === "string" ? value : reprText(value);
}
