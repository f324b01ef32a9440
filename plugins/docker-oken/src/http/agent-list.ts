import type { AgentSummary } from "../agents-door.ts";

/** The body of `GET /agents` (spec §1.5). */
export function agentList(agents: readonly AgentSummary[]) {
  return {
    agents: agents.map(({ agentId, name, status, createdAt, lastInvoked }) => ({
      agent_id: agentId,
      name,
      status,
      created_at: pythonTime(createdAt),
      last_invoked: lastInvoked === undefined ? null : pythonTime(lastInvoked),
    })),
  };
}

/** ISO 8601 as Python writes it: microseconds unless they are zero, and the offset as a number. */
export function pythonTime(time: Date): string {
  const [seconds = "", milliseconds = ""] = time.toISOString().slice(0, -1).split(".");
  return `${seconds}${milliseconds === "000" ? "" : `.${milliseconds}000`}+00:00`;
}
