import { Ajv, type ErrorObject } from "ajv";
import type { Agent } from "./agents.ts";
import type { Coordinator } from "./coordinator.ts";
import { Refusal } from "./refusal.ts";
import { scriptParametersSchema } from "./scripts.ts";

const PROMPT_ONLY = {
  type: "object",
  required: ["prompt"],
  properties: { prompt: { type: "string", minLength: 1 } },
  additionalProperties: false,
};
const ANY_OBJECT = { type: "object" };

/** The JSON Schema that a new run's parameters must satisfy (protocol §2.5). */
export function schemaFor(
  { store }: Coordinator,
  type: "start_session" | "resume_session",
  agent: Agent | undefined,
): Record<string, unknown> {
  if (type === "resume_session" || !agent) return PROMPT_ONLY;
  if (agent.kind === "runner") return agent.agent.parameters_schema ?? ANY_OBJECT;
  const script = agent.definition.script ? store.scripts.get(agent.definition.script) : undefined;
  if (script) return scriptParametersSchema(script) ?? ANY_OBJECT;
  return agent.definition.parameters_schema ?? (agent.definition.type === "procedural" ? ANY_OBJECT : PROMPT_ONLY);
}

/** Checks parameters against a draft-07 schema; refuses with 400 `parameter_validation_failed`, naming every fault. */
export function checkParameters(
  parameters: Record<string, unknown>,
  schema: Record<string, unknown>,
  agentName: string | null,
): void {
  const errors = faults(parameters, schema);
  if (errors.length === 0) return;
  throw new Refusal(400, {
    error: "parameter_validation_failed",
    message: `Parameters do not satisfy the schema of ${agentName === null ? "a run without an agent" : `agent '${agentName}'`}`,
    agent_name: agentName,
    validation_errors: errors,
    parameters_schema: schema,
  });
}

type Fault = { path: string; message: string; schema_path: string };

function faults(parameters: Record<string, unknown>, schema: Record<string, unknown>): Fault[] {
  // An asynchronous schema would answer with a promise, and its rejection would belong to nobody.
  if ("$async" in schema)
    return [{ path: "$", message: "the schema has the unknown keyword $async", schema_path: "#" }];
  try {
    // A new instance each time: schemas of different agents may carry the same $id.
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false });
    const validate = ajv.compile(schema);
    return validate(parameters) ? [] : (validate.errors ?? []).map(fault);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ path: "$", message: `the schema itself is not usable: ${reason}`, schema_path: "#" }];
  }
}

function fault({ instancePath, message, schemaPath, params }: ErrorObject): Fault {
  const extra: unknown = params["additionalProperty"];
  const named = typeof extra === "string" ? `: '${extra}'` : "";
  return { path: `$${instancePath}`, message: `${message ?? "is not valid"}${named}`, schema_path: schemaPath };
}
