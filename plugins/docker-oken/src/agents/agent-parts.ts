import type { Logger } from "leasehold";
import type { Endpoint } from "../containers/agent-container.ts";
import type { Engine } from "../engine/engine.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import type { OkenOptions } from "../options.ts";
import type { AgentEvent } from "./agent-events.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { ContainerMaker } from "./container-maker.ts";
import type { Places } from "./places.ts";
import type { VersionPlan } from "./version.ts";

/** What all agents of a runner share. */
export interface AgentParts {
  readonly engine: Engine;
  readonly maker: ContainerMaker;
  readonly places: Places;
  readonly options: OkenOptions;
  readonly log: Logger;
  connect(endpoint: Endpoint, plan: VersionPlan): AgentPool;
  save(record: AgentRecord): Promise<void>;
  /** An agent of this image was started. */
  used(imageId: string): void;
  /** Takes the agent's secrets out of a text. */
  mask(agentId: string, text: string): string;
  tell(event: AgentEvent): void;
}
