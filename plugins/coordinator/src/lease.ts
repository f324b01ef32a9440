import type { Agent, JsonObject, LeasedRun, Profile } from "leasehold";
import type { DeliveredRun } from "./answers.ts";

/** Says which lease a report is about. Plain JSON, kept across restarts; the runner's id is looked up when it is needed. */
export type RunRef = {
  readonly run: string;
  readonly session: string;
};

/** A run to offer, or why this runner will not execute it. */
export type Lease =
  | { readonly run: LeasedRun; readonly unfit?: undefined }
  | { readonly run: LeasedRun; readonly unfit: string };

/**
 * Turns a delivered run into one to offer. The coordinator may hand out runs that are not meant for this runner
 * (protocol §7.2 H4): those come with a reason, and are offered all the same so that their refusal is reported durably.
 */
export function leaseOf(delivered: DeliveredRun, profile: Profile): Lease {
  const { agentName, blueprint, type } = delivered;
  const unfit = unfitness(delivered, profile);
  if (unfit !== undefined || agentName === undefined || blueprint === undefined)
    return { run: unfitRun(delivered), unfit: unfit ?? "the run has no agent" };
  return {
    run: {
      id: delivered.runId,
      agent: agentOf(agentName, blueprint, profile),
      session: { id: delivered.sessionId, mode: type === "resume_session" ? "resume" : "start" },
      parametersText: delivered.parametersText,
      ...(delivered.projectDir === undefined ? {} : { projectDir: delivered.projectDir }),
    },
  };
}

/** A run that stands for nothing but its refusal. */
export function unfitRun({
  runId,
  sessionId,
  agentName,
}: {
  runId: string;
  sessionId: string;
  agentName?: string | undefined;
}): LeasedRun {
  return {
    id: runId,
    agent: { name: agentName ?? "unknown" },
    session: { id: sessionId, mode: "start" },
    parametersText: "{}",
  };
}

function unfitness({ type, agentName, blueprint }: DeliveredRun, profile: Profile): string | undefined {
  if (type !== "start_session" && type !== "resume_session") return `unknown run type "${type}"`;
  if (agentName === undefined) return "the run names no agent, and this runner has no default one";
  if (blueprint === undefined) return `the run carries no blueprint of agent "${agentName}"`;
  const agentType = textOf(blueprint, "type") ?? "autonomous";
  if (agentType !== profile.executor.type)
    return `agent "${agentName}" is ${agentType}; profile "${profile.name}" of this runner executes ${profile.executor.type} agents`;
  if (type === "resume_session" && agentType === "procedural")
    return `agent "${agentName}" is procedural; its sessions cannot be resumed, only started`;
  return undefined;
}

/** Our own definition for agents that we registered; for all others the blueprint that came with the run. */
function agentOf(name: string, blueprint: JsonObject, profile: Profile): Agent {
  const bundled = profile.agents.find((agent) => agent.name === name);
  const command = textOf(blueprint, "command");
  const script = textOf(blueprint, "script");
  if (bundled && command !== undefined && script === undefined) return { ...bundled, blueprint };
  const description = textOf(blueprint, "description");
  const parametersSchema = objectOf(blueprint, "parameters_schema");
  const outputSchema = objectOf(blueprint, "output_schema");
  return {
    name,
    blueprint,
    ...(description === undefined ? {} : { description }),
    ...(command === undefined ? {} : { command }),
    ...(script === undefined ? {} : { script }),
    ...(parametersSchema ? { parametersSchema } : {}),
    ...(outputSchema ? { outputSchema } : {}),
  };
}

function textOf(blueprint: JsonObject, key: string): string | undefined {
  const value = blueprint[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function objectOf(blueprint: JsonObject, key: string): JsonObject | undefined {
  const value = blueprint[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
