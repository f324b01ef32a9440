import { z } from "leasehold";
import type { Coordinator } from "./coordinator.ts";
import { demandsSchema } from "./demands.ts";
import { notFound, Refusal } from "./refusal.ts";
import type { Runner, RunnerAgent } from "./registry.ts";
import { nameSchema, scriptParametersSchema } from "./scripts.ts";
import type { AgentRow } from "./store/rows.ts";

const jsonObject = z.record(z.string(), z.unknown());
const unsupported = "is not supported by the embedded coordinator: leave it out or empty";

const definitionSchema = z.object({
  description: z.string().min(1),
  type: z.enum(["autonomous", "procedural"]).default("autonomous"),
  script: z.string().nullish(),
  parameters_schema: jsonObject.nullish(),
  output_schema: jsonObject.nullish(),
  system_prompt: z.string().nullish(),
  skills: z.array(z.string()).nullish(),
  tags: z.array(z.string()).default([]),
  capabilities: z.array(z.string()).max(0, unsupported).default([]),
  mcp_servers: emptyObject().nullish(),
  hooks: emptyObject().nullish(),
  demands: demandsSchema.nullish(),
  status: z.enum(["active", "inactive"]).default("active"),
});

export const newAgentSchema = definitionSchema.extend({ name: nameSchema });
export const agentChangesSchema = z.object({
  ...definitionSchema.partial().shape,
  description: z.string().min(1).nullish(),
  type: z.enum(["autonomous", "procedural"]).nullish(),
  tags: z.array(z.string()).nullish(),
  capabilities: z.array(z.string()).max(0, unsupported).nullish(),
  status: z.enum(["active", "inactive"]).nullish(),
});

/** What a coordinator's own agent is made of, apart from name and times. */
export type AgentDefinition = z.infer<typeof definitionSchema>;

/** An agent that a run can name: the coordinator's own, or one that a runner brought along (protocol §1.4). */
export type Agent =
  | { kind: "own"; name: string; row: AgentRow; definition: AgentDefinition }
  | { kind: "runner"; name: string; agent: RunnerAgent; owner: Runner };

/** Looks an agent up by name; the coordinator's own hide those of runners. */
export function findAgent({ store, registry }: Coordinator, name: string): Agent | undefined {
  const row = store.agents.get(name);
  if (row) return ownAgent(row);
  const found = registry.agent(name);
  return found && { kind: "runner", name, ...found };
}

/** The agent of this name; refuses with 404 when there is none. */
export function requireAgent(coordinator: Coordinator, name: string): Agent {
  const agent = findAgent(coordinator, name);
  if (!agent) throw notFound(`Agent not found: ${name}`);
  return agent;
}

export function ownAgent(row: AgentRow): Agent & { kind: "own" } {
  return { kind: "own", name: row.name, row, definition: JSON.parse(row.definition) as AgentDefinition };
}

/** The names of the coordinator's own agents that use a script. */
export function agentsUsing({ store }: Coordinator, script: string): string[] {
  return store.agents
    .select("ORDER BY name")
    .filter((row) => ownAgent(row).definition.script === script)
    .map(({ name }) => name);
}

/**
 * The agent as the API shows it, absent fields omitted. Unless `raw`, the schema of its script stands in for its
 * own. Throws a 422 refusal when its script is missing (§2.6).
 */
export function agentView(coordinator: Coordinator, agent: Agent, { raw }: { raw: boolean }): Record<string, unknown> {
  const { name } = agent;
  if (agent.kind === "runner") {
    const { description, parameters_schema, command } = agent.agent;
    return omitNulls({
      name,
      description,
      type: "procedural",
      parameters_schema,
      tags: [],
      capabilities: [],
      status: "active",
      created_at: "",
      modified_at: "",
      command,
    });
  }
  const { description, type, script, parameters_schema, ...rest } = agent.definition;
  const schema = raw ? parameters_schema : (scriptSchema(coordinator, agent) ?? parameters_schema);
  const { created_at, modified_at } = agent.row;
  return omitNulls({ name, description, type, script, parameters_schema: schema, ...rest, created_at, modified_at });
}

/** Refuses an agent that nothing could execute. That its script exists matters only when a run is created. */
export function checkAgent({ type, script }: AgentDefinition): void {
  if (type === "procedural" && !script) throw new Refusal(400, "A procedural agent needs a script");
}

function scriptSchema({ store }: Coordinator, { name, definition: { script } }: Agent & { kind: "own" }) {
  if (!script) return undefined;
  const row = store.scripts.get(script);
  if (!row) throw new Refusal(422, `Agent '${name}' references script '${script}', which does not exist`);
  return scriptParametersSchema(row);
}

function omitNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function emptyObject() {
  return jsonObject.refine((value) => Object.keys(value).length === 0, unsupported);
}
