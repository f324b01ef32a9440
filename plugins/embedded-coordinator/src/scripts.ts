import { z } from "leasehold";
import type { Coordinator } from "./coordinator.ts";
import { type DemandSource, demandsSchema } from "./demands.ts";
import { notFound } from "./refusal.ts";
import type { ScriptRow } from "./store/rows.ts";

/** A name that the API gives to an agent or a script (protocol §1.4). */
export const nameSchema = z
  .string()
  .max(60)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "must start with a letter or digit and hold only letters, digits, _ and -");

// The file is unpacked beside script.json on every runner: a path or that very name would escape or overwrite.
const fileNameSchema = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (name) => !/[/\\\0]/.test(name) && name !== "." && name !== ".." && name !== "script.json",
    "must be a plain file name other than script.json",
  );

const changeable = {
  description: z.string().min(1),
  script_file: fileNameSchema,
  script_content: z.string(),
  parameters_schema: z.record(z.string(), z.unknown()).nullish(),
  demands: demandsSchema.nullish(),
};

export const newScriptSchema = z.object({ name: nameSchema, ...changeable });
export const scriptChangesSchema = z.object({
  ...changeable,
  description: changeable.description.nullish(),
  script_file: changeable.script_file.nullish(),
  script_content: changeable.script_content.nullish(),
});

/** The script of this name; refuses with 404 when there is none. */
export function requireScript({ store }: Coordinator, name: string): ScriptRow {
  const script = store.scripts.get(name);
  if (!script) throw notFound(`Script not found: ${name}`);
  return script;
}

/** A script with its content, absent parts omitted (§2.6). */
export function scriptView(script: ScriptRow): Record<string, unknown> {
  const { parameters_schema, demands, created_at, modified_at, ...fields } = script;
  return { ...fields, ...optionalParts(script), created_at, modified_at };
}

/** A script as the list shows it. */
export function scriptSummary(script: ScriptRow): Record<string, unknown> {
  const { name, description, script_file, created_at, modified_at } = script;
  return {
    name,
    description,
    script_file,
    has_parameters_schema: script.parameters_schema !== null,
    has_demands: script.demands !== null,
    demand_tags: scriptDemands(script)?.tags ?? [],
    created_at,
    modified_at,
  };
}

/** The text of the script's `script.json` (§1.5). */
export function scriptManifest(script: ScriptRow): string {
  const { name, description, script_file } = script;
  return `${JSON.stringify({ name, description, script_file, ...optionalParts(script) }, null, 2)}\n`;
}

export function scriptDemands(script: ScriptRow): DemandSource | undefined {
  return script.demands === null ? undefined : (JSON.parse(script.demands) as DemandSource);
}

export function scriptParametersSchema(script: ScriptRow): Record<string, unknown> | undefined {
  return script.parameters_schema === null
    ? undefined
    : (JSON.parse(script.parameters_schema) as Record<string, unknown>);
}

function optionalParts(script: ScriptRow): Record<string, unknown> {
  return {
    ...(script.parameters_schema !== null && { parameters_schema: scriptParametersSchema(script) }),
    ...(script.demands !== null && { demands: scriptDemands(script) }),
  };
}
