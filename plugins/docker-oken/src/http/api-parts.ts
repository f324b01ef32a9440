import type { Logger } from "leasehold";
import type { AgentsDoor } from "../agents-door.ts";
import type { Staging } from "../archive/staging.ts";
import type { InvokeLeases } from "../invoke/invoke-leases.ts";
import type { OkenOptions } from "../options.ts";

import type { UnderWay } from "./under-way.ts";

/** What the routes work with. */
export interface ApiParts {
  readonly agents: AgentsDoor;
  readonly leases: InvokeLeases;
  readonly staging: Staging;
  readonly options: Pick<
    OkenOptions,
    "host" | "port" | "apiToken" | "inputBytes" | "archiveBytes" | "expandedBytes" | "entries" | "pathBytes"
  >;
  /** What of an agent's words may leave the runner: its secrets are masked. */
  maskOf(agentId: string): (text: string) => string;
  /** Deployments, from the first byte of the upload to the answer. */
  readonly deployments: UnderWay;
  /** Aborted when streams and deployments are to end. */
  readonly closing: AbortSignal;
  readonly log: Logger;
}
