import { isJsonObject, type JsonObject, type TerminalStream, z } from "leasehold";
import type { EmbeddedCoordinator } from "../start.ts";
import { exampleParameters } from "./example-parameters.ts";
import { asFlags, quoted } from "./shell-words.ts";

const agentsAnswer = z.array(
  z.object({
    name: z.string(),
    description: z.string().optional(),
    parameters_schema: z.record(z.string(), z.unknown()).optional(),
  }),
);

/** Tells where the coordinator is, which agents there are, and how to send a run of the first one. */
export async function greet({ url }: Pick<EmbeddedCoordinator, "url">, stdout: TerminalStream): Promise<void> {
  const answer = await fetch(`${url}/agents`);
  if (!answer.ok) {
    // With `authEnabled`; commands bring their own token.
    stdout.write(`Coordinator: ${url}\nIt asks for an access token. Send a run with \`leasehold submit\`.\n`);
    return;
  }
  const agents = agentsAnswer.parse(await answer.json());
  const width = Math.max(0, ...agents.map(({ name }) => name.length));
  const listed = agents.map(({ name, description = "" }) => `  ${name.padEnd(width)}  ${description}`.trimEnd());
  const lines = [`Coordinator: ${url}`, listed.length > 0 ? "Agents:" : "Agents: none", ...listed];
  const [agent] = agents;
  if (agent) lines.push(...howToSend(url, agent.name, agent.parameters_schema));
  stdout.write(`${lines.join("\n")}\n`);
}

function howToSend(url: string, agent: string, schema: unknown): string[] {
  const parameters: JsonObject = exampleParameters(isJsonObject(schema) ? schema : {});
  const body = JSON.stringify({ type: "start_session", agent_name: agent, parameters });
  return [
    "Send a run:",
    `  curl -s ${url}/runs -H 'content-type: application/json' -d ${quoted(body)}`,
    `  leasehold ${["submit", "--coordinator-url", url, quoted(agent), ...asFlags(parameters)].join(" ")}`,
  ];
}
