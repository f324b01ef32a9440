import { CommandError, didYouMean, isJsonObject, type JsonObject, parseAgentArguments, z } from "leasehold";
import type { CoordinatorClient } from "../client.ts";
import { detailOf, isSuccess } from "../judgement.ts";
import { ask, refused } from "./ask.ts";

/** What submitting needs of an agent; parameters that it says nothing of are checked as the coordinator does (protocol §2.5). */
export interface CoordinatorAgent {
  readonly name: string;
  readonly description?: string;
  readonly parametersSchema?: JsonObject;
}

const agentAnswer = z.object({
  name: z.string(),
  description: z.string().nullish(),
  type: z.string().nullish(),
  script: z.string().nullish(),
  command: z.string().nullish(),
  parameters_schema: z.record(z.string(), z.unknown()).nullish(),
});

const agentsAnswer = z.array(z.object({ name: z.string() }));

/** Autonomous agents without a schema take a prompt and nothing else. */
const PROMPT_ONLY: JsonObject = {
  type: "object",
  properties: { prompt: { type: "string" } },
  required: ["prompt"],
  additionalProperties: false,
};

/** The agent as the coordinator knows it. Throws a `CommandError` that lists the agents when there is none of that name. */
export async function fetchAgent(
  client: CoordinatorClient,
  name: string,
  signal: AbortSignal,
): Promise<CoordinatorAgent> {
  const reply = await ask(client, "GET", `/agents/${encodeURIComponent(name)}`, { signal });
  if (reply.status === 404 && /^Agent not found/.test(detailOf(reply))) throw await unknownAgent(client, name, signal);
  const agent = isSuccess(reply) ? agentAnswer.safeParse(parse(reply.body)) : undefined;
  if (!agent?.success) throw refused(client, `tell of agent "${name}"`, reply);
  const { description, type, script, command, parameters_schema: own } = agent.data;
  const isProcedural = type === "procedural" || Boolean(script) || Boolean(command);
  const schema = isJsonObject(own) ? own : isProcedural ? undefined : PROMPT_ONLY;
  return {
    name,
    ...(description ? { description } : {}),
    ...(schema ? { parametersSchema: schema } : {}),
  };
}

/** JSON text of the parameters that the words give. Throws a `CommandError` with everything that is wrong with them. */
export function parametersFor(agent: CoordinatorAgent, words: readonly string[]): string {
  const parsed = parseAgentArguments(words, agent.parametersSchema);
  if ("parametersText" in parsed) return parsed.parametersText;
  const problems = parsed.problems.map((problem) => `  - ${problem}`).join("\n");
  const fix = `leasehold submit ${agent.name} --help tells what it takes.`;
  throw new CommandError(`nothing was submitted: agent "${agent.name}":\n${problems}`, fix, { exitCode: 2 });
}

/** The parameters that the agent's schema names. */
export function propertiesOf({ parametersSchema }: CoordinatorAgent): JsonObject {
  const properties = parametersSchema?.["properties"];
  return isJsonObject(properties) ? properties : {};
}

async function unknownAgent(client: CoordinatorClient, name: string, signal: AbortSignal): Promise<CommandError> {
  const reply = await ask(client, "GET", "/agents", { signal });
  const agents = agentsAnswer.safeParse(parse(reply.body));
  const names = agents.success ? agents.data.map((agent) => agent.name) : [];
  const fix =
    names.length > 0
      ? `Agents there: ${names.join(", ")}.`
      : "It has no agents: start a runner whose profile brings some, or create one there.";
  const suggestion = didYouMean(name, names);
  return new CommandError(`${client.url} knows no agent "${name}"${suggestion}`, fix, { exitCode: 2 });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
