/** A JSON value as JavaScript sees it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object as JavaScript sees it. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Tells an object from every other JSON value. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
