import { vi } from "vitest";
import { Agent } from "../../../../plugins/docker-oken/src/agents/agent.ts";

type Turn = Parameters<Agent["swapIn"]>;

/** Does something to the next version that is ready, before it gets its turn. The test restores what is spied on. */
export function beforeSwap(act: (version: Turn[0], pool: Turn[1]) => Promise<void>): void {
  const swapIn = Agent.prototype.swapIn;
  vi.spyOn(Agent.prototype, "swapIn").mockImplementationOnce(async function (this: Agent, version, pool, record) {
    await act(version, pool);
    await swapIn.call(this, version, pool, record);
  });
}
