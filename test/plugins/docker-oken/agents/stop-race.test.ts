import type Docker from "dockerode";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { containerEvents } from "../../../../plugins/docker-oken/src/engine/engine-events.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { beforeSwap } from "./before-swap.ts";
import { agentId, openPool, poolPlace } from "./pool.ts";

afterEach(() => void vi.restoreAllMocks());

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

describeWithEngine("a stop while a ready version waits for its turn", () => {
  it("is what the deployment fails with, and closes its connections", async () => {
    const { agents, deploy, containers } = await openPool();
    const id = agentId();
    await deploy(id);
    const stopped = Promise.withResolvers<void>();
    const closed = vi.fn();
    beforeSwap(async (_version, pool) => {
      const destroy = pool.destroy.bind(pool);
      vi.spyOn(pool, "destroy").mockImplementation(() => destroy().then(closed));
      stopped.resolve(agents.stop(id));
    });
    await expect(deploy(id)).rejects.toMatchObject({
      code: "CONTAINER_ERROR",
      message: expect.stringContaining("was stopped while it was being deployed"),
    });
    expect(closed).toHaveBeenCalled();
    await stopped.promise;
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
