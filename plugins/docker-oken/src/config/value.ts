import { configError } from "../oken-error.ts";

/** A value of an `oken.toml`; each reader answers nothing where the file states nothing, and throws a `CONFIG_ERROR` naming the key. */
export interface Value {
  readonly isStated: boolean;
  readonly isNumber: boolean;
  text(): string | undefined;
  boolean(): boolean | undefined;
  integer(range: { readonly least: number; readonly most: number }): number | undefined;
  number(range: { readonly above: number; readonly most: number }): number | undefined;
  /** Also `"60"`, `60.0` and `true`, as the reference takes them. */
  lenientInteger(): number | undefined;
}

/** Integers are expected as bigints. */
export function statedValue(key: string, value: unknown): Value {
  const given = value ?? undefined;
  const refuse = (wanted: string) => configError(`oken.toml: ${key} must be ${wanted}, not ${describe(given)}`);
  const unless = <Type>(wanted: string, read: () => Type | undefined): Type | undefined => {
    if (given === undefined) return undefined;
    const result = read();
    if (result === undefined) throw refuse(wanted);
    return result;
  };
  return {
    isStated: given !== undefined,
    isNumber: typeof given === "bigint" || typeof given === "number",
    text: () => unless("text", () => (typeof given === "string" ? given : undefined)),
    boolean: () => unless("true or false", () => (typeof given === "boolean" ? given : undefined)),
    integer: ({ least, most }) =>
      unless(`an integer from ${least} to ${most}`, () => inside(integerOf(given), least, most)),
    number: ({ above, most }) =>
      unless(`a number above ${above} and up to ${most}`, () => {
        const number = typeof given === "bigint" ? Number(given) : given;
        return typeof number === "number" && number > above && number <= most ? number : undefined;
      }),
    lenientInteger: () => unless("an integer", () => lenientIntegerOf(given)),
  };
}

function integerOf(value: unknown): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : undefined;
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

function lenientIntegerOf(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === "string" && /^\s*[+-]?\d{1,15}\s*$/.test(value)) return Number(value);
  return integerOf(value);
}

function inside(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

function describe(value: unknown): string {
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 80))}`;
  if (typeof value === "bigint" || typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return "a date";
  return Array.isArray(value) ? "a list" : "a table";
}
