import { type Command, Option } from "commander";
import { z } from "zod";
import type { Sources } from "../config/gather.ts";
import type { OptionField } from "../config/option-field.ts";
import { innermost, isList } from "../config/option-type.ts";

/** Adds the flags of options to a command, grouped by whose they are. */
export function addOptionFlags(command: Command, fields: readonly OptionField[]): void {
  for (const field of fields) {
    const option = toOption(field);
    if (option) command.addOption(option);
  }
}

/** The flags that were given on the command line, by option. */
export function readOptionFlags(command: Command, fields: readonly OptionField[]): Sources["flags"] {
  const given = new Map<OptionField, string | boolean>();
  for (const field of fields) {
    const option = toOption(field);
    const name = option?.attributeName();
    if (name === undefined || command.getOptionValueSource(name) !== "cli") continue;
    given.set(field, command.getOptionValue(name) as string | boolean);
  }
  return given;
}

function toOption(field: OptionField): Option | undefined {
  if (!field.flag) return undefined;
  const option = new Option(field.flag.text, describe(field));
  option.helpGroup(field.owner ? `Options of ${field.owner.replaceAll('"', "")}:` : "Options:");
  if (isList(field.schema))
    option.argParser<string>((text, before) => (before === undefined ? text : `${before},${text}`));
  return option;
}

/** Description, choices, unit, variable and default, as far as there are any. */
function describe(field: OptionField): string {
  const type = innermost(field.schema);
  const facts = [
    type instanceof z.ZodEnum ? `one of ${type.options.join(", ")}` : undefined,
    field.unit,
    field.env === undefined ? undefined : `env ${field.env}`,
    defaultOf(field),
  ].filter((fact) => fact !== undefined);
  return [field.description, facts.length > 0 ? `(${facts.join("; ")})` : ""].filter(Boolean).join(" ");
}

function defaultOf({ schema, secret }: OptionField): string | undefined {
  if (secret) return undefined;
  const parsed = schema.safeParse(undefined);
  const { data } = parsed;
  if (data === undefined || data === false || data === "" || (Array.isArray(data) && data.length === 0))
    return undefined;
  return `default ${typeof data === "string" ? data : JSON.stringify(data)}`;
}
