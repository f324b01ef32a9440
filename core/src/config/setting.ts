import type { OptionField } from "./option-field.ts";

/** A value with the place it comes from: `default`, `runner.config.ts`, `env NAME` or `flag --name`. */
export interface Setting {
  readonly field: OptionField;
  /** Undefined when nobody set it and it has no default. */
  readonly value: unknown;
  readonly origin: string;
}

export const MASK = "********";

/** User name and password of a URL, which may stand in an option that is no secret. */
const USER_INFO = /(?<=:\/\/)[^/?#\s"]*(?=@)/g;

/** A replacer for `JSON.stringify` that masks credentials in URLs. */
export function maskUserInfo(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(USER_INFO, MASK) : value;
}

/** A value as people may see it: secrets masked, the rest as JSON. */
export function showValue(field: OptionField, value: unknown): string {
  if (value === undefined) return "(not set)";
  if (field.secret) return MASK;
  try {
    return JSON.stringify(value, maskUserInfo) ?? `(a ${typeof value})`;
  } catch {
    return `(a ${typeof value})`;
  }
}
