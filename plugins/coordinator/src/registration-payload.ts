import type { Agent, JsonObject, Profile } from "leasehold";
import type { CoordinatorOptions } from "./options.ts";

/** What a runner says of itself (protocol §2.3, §3.2). Its first three members and `executor.command` are its identity. */
export type RegistrationPayload = JsonObject & {
  readonly hostname: string;
  readonly project_dir: string;
  readonly executor_profile: string;
};

/** Optional members are there only when they say something, as the reference runner sends them. */
export function registrationPayload(
  { tags, requireMatchingTags }: Pick<CoordinatorOptions, "tags" | "requireMatchingTags">,
  hostname: string,
  projectDir: string,
  profile: Profile,
): RegistrationPayload {
  const agents = profile.agents.flatMap(agentPayload);
  return {
    hostname,
    project_dir: projectDir,
    executor_profile: profile.name,
    executor: profile.executor,
    ...(tags.length > 0 ? { tags } : {}),
    ...(requireMatchingTags ? { require_matching_tags: true } : {}),
    ...(agents.length > 0 ? { agents } : {}),
  };
}

/** Only agents with a command can be a runner's own; without a description every later run of the agent would answer 500. */
function agentPayload(agent: Agent): JsonObject[] {
  if (agent.command === undefined) return [];
  return [
    {
      name: agent.name,
      description: agent.description || `Agent ${agent.name}`,
      command: agent.command,
      ...(agent.parametersSchema ? { parameters_schema: agent.parametersSchema } : {}),
      ...(agent.outputSchema ? { output_schema: agent.outputSchema } : {}),
    },
  ];
}
