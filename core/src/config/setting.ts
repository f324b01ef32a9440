import { isPlain } from "../redaction/redact-value.ts";
import { MASK } from "../redaction/redactor.ts";
import { looksSecret } from "../redaction/secret-names.ts";
import type { OptionField } from "./option-field.ts";

/** A value with the place it comes from: `default`, `runner.config.ts`, `env NAME` or `flag --name`. */
export interface Setting {
  readonly field: OptionField;
  /** Undefined when nobody set it and it has no default. */
  readonly value: unknown;
  readonly origin: string;
}

/** User name and password of an address, up to the last `@` before its path. */
const USER_INFO = /(?<=[a-z][a-z\d+.-]*:\/\/)[^\s/?#"]*(?=@)/gi;

/** A text without the user names and passwords of addresses in it. */
export function withoutUserInfo(text: string): string {
  return text.replace(USER_INFO, MASK);
}

/** A value without what is secret in it, going by the option's own word and by names. */
export function withoutSecrets(field: Pick<OptionField, "name" | "secret">, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (field.secret) return MASK;
  return hideNamed(field.name, value, new Set());
}

function hideNamed(name: string, value: unknown, around: Set<object>): unknown {
  if (typeof value === "string") return value !== "" && looksSecret(name) ? MASK : value;
  if (!isPlain(value)) return value;
  if (around.has(value)) return "(itself)";
  around.add(value);
  const shown = Array.isArray(value)
    ? value.map((item: unknown) => hideNamed(name, item, around))
    : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hideNamed(key, member, around)]));
  around.delete(value);
  return shown;
}

/** A value as people may see it: secrets and passwords in addresses masked, the rest as JSON. */
export function showValue(field: OptionField, value: unknown): string {
  if (value === undefined) return "(not set)";
  if (field.secret) return MASK;
  try {
    return withoutUserInfo(JSON.stringify(withoutSecrets(field, value)) ?? `(a ${typeof value})`);
  } catch {
    return `(a ${typeof value})`;
  }
}
