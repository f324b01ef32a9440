import { JsonNumber, type JsonTree } from "leasehold";
import { numberText } from "./number-text.ts";

/** A value as Python's `json.dumps` writes it: on one line, `, ` and `: ` between, everything beyond ASCII escaped. */
export function jsonText(value: JsonTree): string {
  if (typeof value === "string") return asciiString(value);
  if (value instanceof JsonNumber) return numberText(value.text);
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${asciiString(key)}: ${jsonText(item)}`).join(", ")}}`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  return String(value);
}

function asciiString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) =>
    unit === "\u007f" ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
