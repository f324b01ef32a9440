import { LeaseholdError } from "../errors/leasehold-error.ts";
import { nameOption, type OptionField } from "./option-field.ts";

/** Flags and variables that the command line itself uses; no option may take them. */
const RESERVED = [
  "--config",
  "--help",
  "-h",
  "--version",
  "-V",
  "--json",
  "--profile-list",
  "-l",
  "LEASEHOLD_CONFIG",
] as const;

/**
 * Lets each flag and variable belong to one option: whoever comes first keeps it, the next one loses it and becomes a
 * NAME_TAKEN fault. A variable that all of its options call shared belongs to all of them.
 */
export function settleClaims(fields: readonly OptionField[]): { fields: OptionField[]; faults: LeaseholdError[] } {
  const owners = new Map<string, string>(RESERVED.map((name) => [name, "the command line"]));
  const shared = new Set<string>();
  const faults: LeaseholdError[] = [];
  const claim = (kind: string, name: string | undefined, claimant: string): boolean => {
    if (name === undefined) return true;
    const first = owners.get(name);
    if (first === undefined) owners.set(name, claimant);
    else faults.push(new LeaseholdError("NAME_TAKEN", { what: `${kind} ${name}`, first, second: claimant }));
    return first === undefined;
  };
  const settled = fields.map((field) => {
    const { env, flag, ...rest } = field;
    const claimant = nameOption(field.owner, field.name);
    const joins = env !== undefined && field.sharedEnv === true && shared.has(env);
    if (env !== undefined && field.sharedEnv && !owners.has(env)) shared.add(env);
    const keepsFlag = [claim("flag", flag?.short, claimant), claim("flag", flag?.long, claimant)].every(Boolean);
    const keepsEnv = joins || claim("variable", env, claimant);
    return { ...rest, ...(flag && keepsFlag ? { flag } : {}), ...(env !== undefined && keepsEnv ? { env } : {}) };
  });
  return { fields: settled, faults };
}
