import { z } from "zod";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { isJsonObject } from "../json/value.ts";
import { MASK } from "../redaction/redactor.ts";
import { registerOption } from "../redaction/register-options.ts";
import { type Given, gather, invalidOption, type Sources } from "./gather.ts";
import { nameOption, type OptionField } from "./option-field.ts";
import type { Setting } from "./setting.ts";

/** The options of one owner as its schema leaves them, with origins and everything that is wrong. */
export interface ResolvedOptions {
  readonly values: Readonly<Record<string, unknown>>;
  readonly settings: readonly Setting[];
  readonly faults: readonly LeaseholdError[];
}

interface Owner {
  readonly name: string;
  readonly schema: z.ZodObject;
  readonly fields: readonly OptionField[];
  readonly fromFile: unknown;
  /** Changes what was given before the schema sees it, e.g. makes directories absolute. */
  readonly adjust?: (name: string, given: Given) => Given;
}

/** Merges one owner's options: defaults < file < environment < flags. Answers all faults instead of throwing. */
export async function resolveOptions(owner: Owner, sources: Sources): Promise<ResolvedOptions> {
  try {
    return await merge(owner, sources);
  } catch (thrown) {
    // A getter of the file's, or a transformation of the schema's.
    const details = { where: owner.name || "the configuration", problem: messageOf(thrown) };
    return { values: {}, settings: [], faults: [new LeaseholdError("CONFIG_INVALID", details, { cause: thrown })] };
  }
}

async function merge(owner: Owner, sources: Sources): Promise<ResolvedOptions> {
  registerGiven(owner, sources);
  const gathered = gather(owner.name, owner.fields, owner.fromFile, sources, isOpen(owner.schema));
  const given = new Map(
    [...gathered.given].map(([name, value]) => [name, owner.adjust?.(name, value) ?? value] as const),
  );
  const parsed = await owner.schema.safeParseAsync(
    Object.fromEntries([...given].map(([name, { value }]) => [name, value])),
  );
  const values = parsed.data ?? {};
  register(owner.fields, values, sources);
  const settings = owner.fields.map((field) => ({
    field,
    value: values[field.name],
    origin: given.get(field.name)?.origin ?? "default",
  }));
  const faults = (parsed.error?.issues ?? [])
    .filter((issue) => isOwnFault(issue, gathered.unusable))
    .map((issue) => toFault(owner, issue, given));
  return { values, settings, faults: [...gathered.faults, ...faults] };
}

/** All that was written anywhere, also what something stronger replaces: it may be quoted. */
function registerGiven({ fields, fromFile, name }: Owner, sources: Sources): void {
  const { env, flags, overrides } = sources;
  for (const given of [fromFile, overrides?.get(name)]) if (isJsonObject(given)) register(fields, given, sources);
  const texts = fields.map((field) => [field.name, (field.env && env[field.env]) ?? undefined] as const);
  register(fields, Object.fromEntries(texts), sources);
  register(fields, Object.fromEntries(fields.map((field) => [field.name, flags.get(field)])), sources);
}

function register(
  fields: readonly OptionField[],
  values: Readonly<Record<string, unknown>>,
  { secrets }: Sources,
): void {
  if (secrets) for (const field of fields) registerOption(secrets, field, values[field.name]);
}

/** Whether the schema takes options that it does not name. */
function isOpen(schema: z.ZodObject): boolean {
  const { catchall } = schema.def;
  return catchall !== undefined && !(catchall instanceof z.ZodNever);
}

/** An option whose text could not be understood counts as not given, so what the schema says of it, or of all together, is an echo. */
function isOwnFault(issue: z.core.$ZodIssue, unusable: ReadonlySet<string>): boolean {
  const [name] = issue.path;
  return name === undefined ? unusable.size === 0 : !unusable.has(String(name));
}

function toFault(owner: Owner, issue: z.core.$ZodIssue, given: ReadonlyMap<string, Given>): LeaseholdError {
  const [name, ...inner] = issue.path.map(String);
  const field = owner.fields.find((candidate) => candidate.name === name);
  if (name === undefined || !field) {
    const where = name === undefined ? owner.name || "the configuration" : nameOption(owner.name, name);
    return new LeaseholdError("CONFIG_INVALID", { where, problem: issue.message });
  }
  const value = given.get(name);
  if (!value)
    return new LeaseholdError("CONFIG_INVALID", {
      where: nameOption(owner.name, name),
      problem: missing(field, issue),
    });
  const problem = `${inner.length > 0 ? `at ${inner.join(".")}: ` : ""}${issue.message}`;
  return invalidOption(field, value, withoutSecret(field, value.value, problem));
}

function missing(field: OptionField, issue: z.core.$ZodIssue): string {
  const places = [field.env, field.flag?.long].filter((place) => place !== undefined);
  const instead = places.length > 0 ? `, by ${places.join(" or ")}` : "";
  const problem = issue.code === "invalid_type" ? "it is required" : issue.message;
  return `${problem}; set it in runner.config.ts${instead}`;
}

/** A schema's own message may quote what it refuses. */
function withoutSecret(field: OptionField, value: unknown, problem: string): string {
  return field.secret && typeof value === "string" && value !== "" ? problem.replaceAll(value, MASK) : problem;
}
