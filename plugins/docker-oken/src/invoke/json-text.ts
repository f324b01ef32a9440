import { isUtf8 } from "node:buffer";

/** A JSON value as errors name it, as in "got an array". */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The text of a body that came in chunks; nothing when it is no UTF-8. */
export function textOf(body: Buffer): string | undefined {
  return isUtf8(body) ? body.toString("utf8") : undefined;
}
