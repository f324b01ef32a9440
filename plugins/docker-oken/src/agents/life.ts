import type { AgentRecord } from "./agent-record.ts";

/**
 * - `deploying`: not yet any container; `failed`: its first deployment failed
 * - `unknown`: kept from before a restart, not yet looked at
 * - `ready` and `frozen` have a running container; `stopped` and `crashed` are started by the next call
 */
export type Life = "deploying" | "failed" | "unknown" | "starting" | "ready" | "frozen" | "stopped" | "crashed";

/** As `GET /agents` shows it (spec §1.5). */
export type AgentStatus = "building" | "running" | "error" | "stopped";

/** @param recorded What the agent was when it was last written down. */
export function statusOf(life: Life, recorded: AgentRecord["life"]): AgentStatus {
  switch (life) {
    case "deploying":
      return "building";
    case "failed":
    case "crashed":
      return "error";
    case "unknown":
      return recorded === "running" ? "running" : "stopped";
    case "stopped":
      return "stopped";
    default:
      return "running";
  }
}

/** Of an agent that is read from the registry. */
export function firstLife(recorded: AgentRecord["life"]): Life {
  return recorded === "deploying" || recorded === "failed" ? recorded : "unknown";
}
