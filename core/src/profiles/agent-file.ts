import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { messageOf } from "../errors/leasehold-error.ts";
import type { JsonObject } from "../json/value.ts";
import type { Agent } from "../run/agent.ts";
import { listJsonFiles } from "./json-files.ts";

const schemaText = z.record(z.string(), z.unknown());

/** An agent as its JSON file describes it (protocol §1.4, §6.1); other members are kept in the blueprint. */
const agentFile = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  command: z.string().min(1).nullish(),
  script: z.string().min(1).nullish(),
  parameters_schema: schemaText.nullish(),
  output_schema: schemaText.nullish(),
  timeout_seconds: z.number().positive().nullish(),
});

/** What a folder of agent files holds: the agents of the good ones, a sentence for each bad one. */
export interface AgentFolder {
  readonly agents: readonly Agent[];
  readonly problems: readonly string[];
}

/** Reads every `*.json` directly inside a folder, by name. A folder that is missing holds no agents. */
export async function readAgentsDir(directory: string): Promise<AgentFolder> {
  const files = await listJsonFiles(directory);
  const read = await Promise.all(files.map((file) => readAgent(path.join(directory, file))));
  return {
    agents: read.flatMap((one) => ("agent" in one ? [one.agent] : [])),
    problems: read.flatMap((one) => ("problem" in one ? [one.problem] : [])),
  };
}

async function readAgent(file: string): Promise<{ agent: Agent } | { problem: string }> {
  try {
    const blueprint: unknown = JSON.parse(await readFile(file, "utf8"));
    const parsed = agentFile.safeParse(blueprint);
    if (!parsed.success) return { problem: `agent file ${file}: ${describeIssues(parsed.error)}` };
    return { agent: toAgent(parsed.data, blueprint as JsonObject) };
  } catch (error) {
    return { problem: `agent file ${file}: ${messageOf(error)}` };
  }
}

function toAgent(file: z.output<typeof agentFile>, blueprint: JsonObject): Agent {
  const { parameters_schema: parameters, output_schema: output } = file;
  return {
    name: file.name,
    ...(file.description ? { description: file.description } : {}),
    ...(file.command ? { command: file.command } : {}),
    ...(file.script ? { script: file.script } : {}),
    ...(parameters ? { parametersSchema: parameters as JsonObject } : {}),
    ...(output ? { outputSchema: output as JsonObject } : {}),
    ...(file.timeout_seconds ? { timeoutSeconds: file.timeout_seconds } : {}),
    blueprint,
  };
}

/** All issues of a document in one sentence, each with its place. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.length > 0 ? `"${issue.path.join(".")}": ` : ""}${issue.message}`)
    .join("; ");
}
