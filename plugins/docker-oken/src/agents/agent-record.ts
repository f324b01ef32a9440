import { z } from "leasehold";
import { agentSettings } from "./agent-settings.ts";

/** A deployed version: what its container is made from. No secrets; those are in the container's own environment. */
const versionRecord = z.object({
  number: z.int().nonnegative(),
  imageId: z.string(),
  entrypointType: z.enum(["handler", "agent", "http"]),
  settings: agentSettings,
  containerId: z.string(),
  containerName: z.string(),
  /** Without any, the container can be made anew when it is lost. */
  secretNames: z.array(z.string()),
});

/** An agent as it outlives the runner. */
export const agentRecord = z.object({
  format: z.literal(1),
  agentId: z.string(),
  /** Agents are listed in order of first registration. */
  order: z.int().nonnegative(),
  name: z.string(),
  /** Start of the latest deployment, ISO 8601. */
  createdAt: z.string(),
  lastInvoked: z.string().optional(),
  /** Missing until a first deployment got as far as a container. */
  version: versionRecord.optional(),
  /** What the agent was when this was written: `running` agents are started again, `failed` ones are not. */
  life: z.enum(["deploying", "running", "stopped", "failed"]),
  error: z.string().optional(),
});

export type VersionRecord = z.output<typeof versionRecord>;
export type AgentRecord = z.output<typeof agentRecord>;
