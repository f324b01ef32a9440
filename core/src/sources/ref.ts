import type { JsonValue } from "../json/value.ts";

const DEEPEST = 50;

/**
 * A copy of a source's ref, as it would come back from the journal after a restart. Throws a `TypeError` that names the
 * place where it is no plain JSON.
 */
export function copyRef(ref: unknown, place = "ref", depth = 0): JsonValue {
  if (depth > DEEPEST) throw new TypeError(`${place} is nested deeper than ${DEEPEST} levels`);
  if (ref === null || typeof ref === "string" || typeof ref === "boolean") return ref;
  // JSON knows no -0.
  if (typeof ref === "number" && Number.isFinite(ref)) return ref + 0;
  if (Array.isArray(ref)) return ref.map((item, index) => copyRef(item, `${place}[${index}]`, depth + 1));
  if (isPlainObject(ref)) return copyMembers(ref, place, depth);
  throw new TypeError(`${place} is ${nameOf(ref)}, which is no plain JSON`);
}

function copyMembers(members: object, place: string, depth: number): JsonValue {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, copyRef(value, `${place}.${key}`, depth + 1)]),
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object") return `a ${(value as object).constructor?.name ?? "strange object"}`;
  return `a ${typeof value}`;
}
