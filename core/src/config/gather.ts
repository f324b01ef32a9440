import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import { isJsonObject } from "../json/value.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import { coerce } from "./coerce.ts";
import { nameOption, type OptionField } from "./option-field.ts";
import { showValue } from "./setting.ts";

/** Where values come from, the weaker first: the file, the environment, the flags, the command. */
export interface Sources {
  /** Name of the configuration file, as the origin of its values. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Texts of the flags given; `true` or `false` for flags without a value. */
  readonly flags: ReadonlyMap<OptionField, string | boolean>;
  /** Stronger than all of these, by owner as fields name it: what the command itself decides. */
  readonly overrides?: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Hears of every value, before anything can be said of it. */
  readonly secrets?: SecretStore;
}

/** A value that somebody gave, not yet checked by its schema. */
export interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/** What was given for each option of one owner; options whose text could not be understood are in `unusable`. */
export interface Gathered {
  readonly given: ReadonlyMap<string, Given>;
  readonly unusable: ReadonlySet<string>;
  readonly faults: readonly LeaseholdError[];
}

/** Collects the strongest value of every option of one owner. */
export function gather(
  owner: string,
  fields: readonly OptionField[],
  fromFile: unknown,
  sources: Sources,
  open: boolean,
): Gathered {
  const given = new Map<string, Given>();
  const unusable = new Set<string>();
  const faults: LeaseholdError[] = [];
  const known = fields.map((field) => field.name);
  for (const [name, value] of Object.entries(fileValues(owner, fromFile, sources.file, faults))) {
    if (open || known.includes(name)) {
      if (value !== undefined) given.set(name, { value, origin: sources.file });
    } else faults.push(unknownOption(owner, name, known, sources.file));
  }
  const decided = sources.overrides?.get(owner) ?? {};
  for (const [name, value] of Object.entries(decided)) given.set(name, { value, origin: "the command" });
  for (const field of fields) {
    if (Object.hasOwn(decided, field.name)) continue;
    const text = textOf(field, sources);
    if (!text) continue;
    const coerced = typeof text.value === "boolean" ? { value: text.value } : coerce(text.value, field.schema);
    if ("value" in coerced) given.set(field.name, { value: coerced.value, origin: text.origin });
    else {
      given.delete(field.name);
      unusable.add(field.name);
      faults.push(invalidOption(field, text, coerced.problem));
    }
  }
  return { given, unusable, faults };
}

/** The fault of a value: whose, which, from where, what is wrong. */
export function invalidOption(field: OptionField, given: Given, problem: string): LeaseholdError {
  const where = `${nameOption(field.owner, field.name)} (${given.origin}: ${showValue(field, given.value)})`;
  return new LeaseholdError("CONFIG_INVALID", { where, problem });
}

function textOf(field: OptionField, { env, flags }: Sources): { value: string | boolean; origin: string } | undefined {
  const flag = flags.get(field);
  if (flag !== undefined && field.flag) return { value: flag, origin: `flag ${field.flag.long}` };
  const variable = field.env === undefined ? undefined : env[field.env];
  return variable ? { value: variable, origin: `env ${field.env}` } : undefined;
}

function fileValues(owner: string, values: unknown, file: string, faults: LeaseholdError[]): Record<string, unknown> {
  if (values === undefined) return {};
  if (isJsonObject(values)) return values;
  const where = owner ? `${owner}, options` : file;
  faults.push(new LeaseholdError("CONFIG_INVALID", { where, problem: "not an object" }));
  return {};
}

function unknownOption(owner: string, name: string, known: readonly string[], origin: string): LeaseholdError {
  const problem = `there is no such option${didYouMean(name, known)}`;
  return new LeaseholdError("CONFIG_INVALID", { where: `${nameOption(owner, name)} (${origin})`, problem });
}
