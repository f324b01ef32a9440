import type { AgentPool } from "./agent-pool.ts";

/** The right to make one call to a running agent; taken from `Agents.enter`, given back with `leave`. */
export interface AgentCall {
  /** Reaches this agent and nothing else. */
  readonly dispatcher: Pick<AgentPool, "dispatch">;
  readonly invokeTimeoutMs: number;
  leave(): void;
}
