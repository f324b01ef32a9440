import { JsonNumber, type JsonTree } from "leasehold";
import { numberText } from "./number-text.ts";
import { quoted } from "./quoted.ts";

/** A value as Python's `str` prints it: strings raw, everything else as `repr`. */
export function strText(value: JsonTree): string {
  return typeof value === "string" ? value : reprText(value);
}

/** A value as Python's `repr` prints it. */
export function reprText(value: JsonTree): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return quoted(value);
  if (value instanceof JsonNumber) return numberText(value.text);
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${quoted(key)}: ${reprText(item)}`).join(", ")}}`;
  return `[${(value as readonly JsonTree[]).map(reprText).join(", ")}]`;
}
