import type { Endpoint } from "../containers/agent-container.ts";
import type { AgentState } from "./agent-state.ts";
import type { Duty } from "./duty.ts";
import type { VersionPlan } from "./version.ts";

/**
 * Takes over the container that the registry names, the first time. Answers whether it runs, and was not known before.
 * A frozen agent stays so until it is called.
 */
export async function takeOver(state: AgentState, duty: Duty): Promise<boolean> {
  const kept = state.record.version;
  if (state.version || !kept) return false;
  const { version, facts } = await state.parts.maker.takeOver(state.agentId, kept);
  state.version = version;
  if (!state.serves || !facts?.running) return false;
  duty.holdPlace();
  if (facts.paused && facts.endpoint) takeOverFrozen(state, duty, facts.endpoint, version.plan);
  return true;
}

function takeOverFrozen(state: AgentState, duty: Duty, endpoint: Endpoint, plan: VersionPlan): void {
  duty.beginFrozen(state.parts.connect(endpoint, plan));
  state.tell({ act: "adopted" });
}
