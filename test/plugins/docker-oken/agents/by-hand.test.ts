import { expect, it } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool } from "./pool.ts";

describeWithEngine("what somebody does to the engine by hand", () => {
  it("costs no agent its wake-up when the network is removed", async () => {
    const { deploy, call, event, options } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0, secrets: { VERSION: "kept" } });
    await event(id, "stopped");
    await engine().docker.getNetwork(options.network).remove();
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "kept" } });
    await event(id, "stopped", 2);
    await engine().docker.getNetwork(options.network).remove();
    await expect(deploy(agentId())).resolves.toMatchObject({ status: "running" });
  });

  it("costs no agent its wake-up when the network is another of the same name", async () => {
    const { docker } = engine();
    const { deploy, call, event, options } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0, secrets: { VERSION: "kept" } });
    await event(id, "stopped");
    await docker.getNetwork(options.network).remove();
    await docker.createNetwork({ Name: options.network, Driver: "bridge" });
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "kept" } });
  });

  it("is mended when a running agent is cut off its network", async () => {
    const { docker } = engine();
    const { deploy, call, containers, options, event } = await openPool();
    const id = agentId();
    await deploy(id);
    const [container] = await containers();
    await docker.getNetwork(options.network).disconnect({ Container: container?.id ?? "", Force: true });
    await docker.getContainer(container?.id ?? "").kill();
    await event(id, "crashed");
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("does not stop an agent for good when its container is removed or killed", async () => {
    const { docker } = engine();
    const { deploy, call, containers, event } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "kept" } });
    const [container] = await containers();
    await docker.getContainer(container?.id ?? "").remove({ force: true });
    await event(id, "crashed");
    await expect(call(id)).resolves.toMatchObject({ output: { version: "kept" } });
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  });

  it("does not keep calls waiting at an agent that is paused", async () => {
    const { docker } = engine();
    const { deploy, call, containers } = await openPool();
    const id = agentId();
    await deploy(id);
    const [container] = await containers();
    const slow = call(id, { sleep: 3 });
    await docker.getContainer(container?.id ?? "").pause();
    await expect(slow).resolves.toMatchObject({ status: 200 });
    await docker.getContainer(container?.id ?? "").pause();
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("does not confuse a frozen agent that is thawed, killed or removed", async () => {
    const { docker } = engine();
    const { deploy, call, containers, event } = await openPool();
    const id = agentId();
    await deploy(id, { freezeAfter: 0.01 });
    await event(id, "frozen");
    const of = async () => docker.getContainer((await containers())[0]?.id ?? "");
    await (await of()).unpause();
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
    await event(id, "frozen", 2);
    await (await of()).kill();
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
    await event(id, "frozen", 3);
    await (await of()).remove({ force: true });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
    await expect(containers()).resolves.toHaveLength(1);
  });

  it("loses no agent when its container is renamed", async () => {
    const { docker } = engine();
    const { agents, deploy, call, containers } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    const [container] = await containers();
    await docker.getContainer(container?.id ?? "").rename({ name: `mine-${id}` });
    await expect(call(id)).resolves.toMatchObject({ output: { version: "one" } });
    await deploy(id, { secrets: { VERSION: "two" } });
    await expect(call(id)).resolves.toMatchObject({ output: { version: "two" } });
    await expect.poll(containers, { timeout: 10_000 }).toMatchObject([{ name: `oken-${id}` }]);
    await agents.stop(id);
    await expect(containers()).resolves.toEqual([]);
  });
});
