import type { z } from "zod";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { type Flag, parseFlag } from "./flag.ts";
import type { OptionMeta } from "./option-meta.ts";
import { isBoolean, isTextual, wrapped } from "./option-type.ts";

/** One option of the core, a plugin or a command, as its schema declares it. */
export interface OptionField {
  /** Whose it is, as a fault says it: `plugin "coordinator"`; empty for the core. */
  readonly owner: string;
  readonly name: string;
  readonly schema: z.ZodType;
  readonly env?: string;
  readonly sharedEnv?: boolean;
  readonly flag?: Flag;
  readonly secret: boolean;
  readonly unit?: string;
  readonly description: string;
}

/** An option as a fault names it: `plugin "coordinator", option "tags"`. */
export function nameOption(owner: string, name: string): string {
  return `${owner ? `${owner}, ` : ""}option "${name}"`;
}

/** The options of one owner, without the variables and flags that are declared wrongly, which become faults. */
export function readFields(owner: string, schema: z.ZodObject): { fields: OptionField[]; faults: LeaseholdError[] } {
  const faults: LeaseholdError[] = [];
  const fields = Object.entries(schema.shape).map(([name, member]) =>
    readField(owner, name, member as z.ZodType, (problem) =>
      faults.push(new LeaseholdError("CONFIG_INVALID", { where: nameOption(owner, name), problem })),
    ),
  );
  return { fields, faults };
}

function readField(owner: string, name: string, schema: z.ZodType, fault: (problem: string) => void): OptionField {
  const { env, sharedEnv = false, flag: flagText, secret = false, unit, description = "" } = readMeta(schema);
  const flag = flagText === undefined ? undefined : checkFlag(flagText, schema, fault);
  const textual = isTextual(schema);
  if (!textual && (env !== undefined || flagText !== undefined))
    fault("its type cannot be written in a variable or a flag, but it declares one");
  return {
    owner,
    name,
    schema,
    secret,
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(env === undefined || !textual ? {} : { env, sharedEnv }),
    ...(flag === undefined || !textual ? {} : { flag }),
  };
}

function checkFlag(text: string, schema: z.ZodType, fault: (problem: string) => void): Flag | undefined {
  const flag = parseFlag(text);
  if (!flag) fault(`its flag "${text}" is not of the form "-t, --tags <list>"`);
  else if (flag.takesValue === isBoolean(schema))
    fault(`its flag "${text}" must ${flag.takesValue ? "take no value" : "take a value, as in <value>"}`);
  else return flag;
  return undefined;
}

/** What the schema says of itself; `.meta` may stand before or after `.default` and its like. */
function readMeta(schema: z.ZodType): OptionMeta & { description?: string | undefined } {
  const inner = wrapped(schema);
  return { ...(inner ? readMeta(inner) : {}), ...schema.meta() };
}
