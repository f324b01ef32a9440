import type { OptionField } from "./option-field.ts";

/** A value with the place it comes from: `default`, `runner.config.ts`, `env NAME` or `flag --name`. */
export interface Setting {
  readonly field: OptionField;
  /** Undefined when nobody set it and it has no default. */
  readonly value: unknown;
  readonly origin: string;
}

export const MASK = "********";

/** A value as people may see it: secrets masked, the rest as JSON. */
export function showValue(field: OptionField, value: unknown): string {
  if (value === undefined) return "(not set)";
  if (field.secret) return MASK;
  try {
    return JSON.stringify(value) ?? `(a ${typeof value})`;
  } catch {
    return `(a ${typeof value})`;
  }
}
