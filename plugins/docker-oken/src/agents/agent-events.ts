/** What the pool tells of its agents, as it happens. */
export interface AgentEvent {
  readonly agent: string;
  readonly act: "deployed" | "woken" | "thawed" | "frozen" | "stopped" | "crashed" | "adopted" | "removed";
  /** How long it took. */
  readonly ms?: number;
  /** Why, where there is something to say. */
  readonly reason?: string;
}
