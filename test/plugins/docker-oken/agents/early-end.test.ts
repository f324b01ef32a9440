import { afterEach, expect, it, vi } from "vitest";
import { Agent } from "../../../../plugins/docker-oken/src/agents/agent.ts";
import { ContainerMaker } from "../../../../plugins/docker-oken/src/agents/container-maker.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { beforeSwap } from "./before-swap.ts";
import { agentId, openPool } from "./pool.ts";

afterEach(() => void vi.restoreAllMocks());

describeWithEngine("a container that ends between its readiness and its turn", () => {
  it("is not swapped in, and the old version serves on", async () => {
    const { deploy, call, status, containers } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    const [old] = await containers();
    beforeSwap(({ container }) => ended(container.id));
    const deployed = await deploy(id, { secrets: { VERSION: "two" } });
    expect(deployed).toMatchObject({ status: "error", error: expect.stringContaining("exit code 137") });
    expect(status(id)).toBe("running");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "one" } });
    expect(await containers()).toEqual([old]);
  });

  it("leaves a first deployment in error, with its container", async () => {
    const { deploy, call, status, containers } = await openPool();
    const id = agentId();
    beforeSwap(({ container }) => ended(container.id));
    await expect(deploy(id)).resolves.toMatchObject({ status: "error" });
    expect(status(id)).toBe("error");
    await expect(call(id)).rejects.toMatchObject({ code: "AGENT_NOT_RUNNING" });
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "exited" }]);
  });

  it("is started again when it ends amid its turn", async () => {
    const { deploy, call, event } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    beforeSwap(async ({ container }) => {
      const inspect = container.inspect.bind(container);
      vi.spyOn(container, "inspect").mockImplementationOnce(async () => {
        const facts = await inspect();
        await ended(container.id);
        return facts;
      });
    });
    await deploy(id, { secrets: { VERSION: "two" } });
    await event(id, "crashed");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "two" } });
  });

  it("is started again where it was made anew for a call", async () => {
    const { docker } = engine();
    const { deploy, call, event, containers } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0, secrets: { VERSION: "kept" } });
    await event(id, "stopped");
    const [container] = await containers();
    await docker.getContainer(container?.id ?? "").remove({ force: true });
    const settle = ContainerMaker.prototype.settle;
    vi.spyOn(ContainerMaker.prototype, "settle").mockImplementationOnce(async function (this: ContainerMaker, made) {
      await ended(made.container.id);
      await settle.call(this, made);
    });
    await expect(call(id)).rejects.toMatchObject({
      code: "CONTAINER_ERROR",
      message: expect.stringContaining("exit code 137"),
    });
    await event(id, "crashed");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "kept" } });
  });
});

/** Kills a container; resolves once the runner has heard of it. */
async function ended(containerId: string): Promise<void> {
  const heard = Promise.withResolvers<void>();
  const exited = Agent.prototype.exited;
  const spy = vi.spyOn(Agent.prototype, "exited").mockImplementation(function (this: Agent, id) {
    exited.call(this, id);
    if (id === containerId) heard.resolve();
  });
  await engine().docker.getContainer(containerId).kill();
  await heard.promise;
  spy.mockRestore();
}
