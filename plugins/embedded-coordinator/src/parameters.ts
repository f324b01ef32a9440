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
const MOST_KEPT = 200;

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

/**
 * Checks parameters against draft-07 schemas. Compiling a schema takes milliseconds, so the latest are kept by
 * their text.
 */
export class ParameterChecks {
  readonly #compiled = new Map<string, (parameters: unknown) => Fault[]>();

  /** Refuses with 400 `parameter_validation_failed`, naming every fault (§2.5). */
  check(parameters: Record<string, unknown>, schema: Record<string, unknown>, agentName: string | null): void {
    const errors = this.#faultsBy(schema)(parameters);
    if (errors.length === 0) return;
    throw new Refusal(400, {
      error: "parameter_validation_failed",
      message: `Parameters do not satisfy the schema of ${agentName === null ? "a run without an agent" : `agent '${agentName}'`}`,
      agent_name: agentName,
      validation_errors: errors,
      parameters_schema: schema,
    });
  }

  #faultsBy(schema: Record<string, unknown>): (parameters: unknown) => Fault[] {
    const text = JSON.stringify(schema);
    const known = this.#compiled.get(text);
    if (known) return known;
    const fresh = compile(schema);
    const oldest = this.#compiled.keys().next();
    if (this.#compiled.size >= MOST_KEPT && !oldest.done) this.#compiled.delete(oldest.value);
    this.#compiled.set(text, fresh);
    return fresh;
  }
}

type Fault = { path: string; message: string; schema_path: string };

function compile(schema: Record<string, unknown>): (parameters: unknown) => Fault[] {
  // An asynchronous schema would answer with a promise, and its rejection would belong to nobody.
  if ("$async" in schema) return unusable("it has the unknown keyword $async");
  try {
    // A new instance each time: schemas of different agents may carry the same $id.
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false });
    const validate = ajv.compile(schema);
    return (parameters) => (validate(parameters) ? [] : (validate.errors ?? []).map(fault));
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(reason: string): () => Fault[] {
  return () => [{ path: "$", message: `the schema itself is not usable: ${reason}`, schema_path: "#" }];
}

function fault({ instancePath, message, schemaPath, params }: ErrorObject): Fault {
  const extra: unknown = params["additionalProperty"];
  const named = typeof extra === "string" ? `: '${extra}'` : "";
  return { path: `$${instancePath}`, message: `${message ?? "is not valid"}${named}`, schema_path: schemaPath };
}
