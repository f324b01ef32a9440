import type { OptionField } from "./option-field.ts";

/** A value with the place it comes from: `default`, `runner.config.ts`, `env NAME` or `flag --name`. */
export interface Setting {
  readonly field: OptionField;
  /** Undefined when nobody set it and it has no default. */
  readonly value: unknown;
  readonly origin: string;
}

export const MASK = "********";

/** User name and password of an address, up to the last `@` before its path. */
const USER_INFO = /(?<=[a-z][a-z\d+.-]*:\/\/)[^\s/?#"]*(?=@)/gi;

/** A text without the user names and passwords of addresses in it. */
export function withoutUserInfo(text: string): string {
  return text.replace(USER_INFO, MASK);
}

/** A value as people may see it: secrets and passwords in addresses masked, the rest as JSON. */
export function showValue(field: OptionField, value: unknown): string {
  if (value === undefined) return "(not set)";
  if (field.secret) return MASK;
  try {
    return withoutUserInfo(JSON.stringify(value) ?? `(a ${typeof value})`);
  } catch {
    return `(a ${typeof value})`;
  }
}
