import type Docker from "dockerode";
import { expect, it, onTestFinished } from "vitest";
import { containerEvents } from "../../../../plugins/docker-oken/src/engine/engine-events.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool, poolPlace } from "./pool.ts";

describeWithEngine("a stop amid a deployment that fails", () => {
  it.each(["attach", "create", "start", "kill", "die", "rename"])("leaves no container at its %s", async (act) => {
    const { agents, deploy, containers, options } = await openPool(poolPlace({ healthCheckTimeoutSeconds: 1 }));
    const id = agentId();
    const reached = await happened(options.instance ?? "", act);
    const deploying = deploy(id, { secrets: { BOOT: "hang" } }).catch((thrown) => thrown);
    await reached();
    await agents.stop(id);
    await deploying;
    expect(agents.list()).toEqual([]);
    await expect(containers()).resolves.toEqual([]);
  });
});

/** Answers what waits until the engine tells that of a container of that runner. */
async function happened(instance: string, act: string): Promise<() => Promise<void>> {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const label = [`oken.instance=${instance}`];
  const filters: Docker.GetEventsOptions["filters"] = { type: ["container"], event: [act], label };
  const stream = await engine().docker.getEvents({ filters, abortSignal: over.signal });
  return async () => {
    for await (const { action } of containerEvents(stream)) if (action === act) return;
  };
}
