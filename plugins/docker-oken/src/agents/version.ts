import type { Ownership } from "leasehold";
import type { AgentContainer } from "../containers/agent-container.ts";
import type { VersionRecord } from "./agent-record.ts";
import type { AgentSettings } from "./agent-settings.ts";

/** What the containers of one deployment are made from. */
export interface VersionPlan {
  readonly agentId: string;
  /** Counts the deployments of the agent. */
  readonly number: number;
  readonly imageId: string;
  readonly entrypointType: "handler" | "agent" | "http";
  readonly settings: AgentSettings;
  /** `NAME=value` each. Nothing when it is known to the container alone. */
  readonly environment: readonly string[] | undefined;
  readonly secretNames: readonly string[];
}

/** A deployment with its container. */
export interface Version {
  readonly plan: VersionPlan;
  readonly container: AgentContainer;
  readonly claim: Ownership;
  /** Its secrets are secrets no longer. */
  unmask(): void;
}

export function versionRecordOf({ plan, container }: Version): VersionRecord {
  const { number, imageId, entrypointType, settings, secretNames } = plan;
  const { id: containerId, name: containerName } = container;
  return { number, imageId, entrypointType, settings, secretNames: [...secretNames], containerId, containerName };
}
