import { expect, it } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool, type Pool, poolPlace } from "./pool.ts";

describeWithEngine("an agent that crashes", () => {
  it("is noticed, reported and started again (OKEN-D31)", async () => {
    const { deploy, call, event, status, log } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    await expect(call(id, { exit: 7 })).rejects.toThrow();
    await expect(event(id, "crashed")).resolves.toMatchObject({ reason: expect.stringContaining("exit code 7") });
    await event(id, "woken");
    expect(status(id)).toBe("running");
    await expect(call(id)).resolves.toMatchObject({ output: { version: "one" } });
    expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining(`agent ${id} crashed`) }));
  });

  it("is noticed when it is killed from outside", async () => {
    const { deploy, call, event } = await openPool();
    const id = agentId();
    await deploy(id);
    await engine().docker.getContainer(`oken-${id}`).kill();
    await expect(event(id, "crashed")).resolves.toMatchObject({ reason: expect.stringContaining("exit code 137") });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("is made anew when its container was removed, secrets and all", async () => {
    const { deploy, call, event } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "kept" } });
    await engine().docker.getContainer(`oken-${id}`).remove({ force: true });
    await event(id, "crashed");
    await expect(call(id)).resolves.toMatchObject({ output: { version: "kept" } });
  });

  it("is left alone after the last attempt, and says when to come back", async () => {
    const { agents, deploy, call, event, status } = await openPool(poolPlace({ restartAttempts: 0 }));
    const id = agentId();
    await deploy(id);
    await call(id, { exit: 1 }).catch(() => undefined);
    await event(id, "crashed");
    expect(status(id)).toBe("error");
    await expect(call(id)).rejects.toMatchObject({ code: "AGENT_BUSY", retryAfterSeconds: expect.any(Number) });
    expect(agents.list()[0]?.error).toContain("exit code 1");
    await expect(deploy(id)).resolves.toMatchObject({ status: "running" });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });
});

describeWithEngine("a neighbour", () => {
  const harm: readonly (readonly [string, object])[] = [
    ["crashes", { exit: 1 }],
    ["is killed for lack of memory", { oom: true }],
    ["allocates a gigabyte", { allocate: 1_000_000_000 }],
    ["loops", { loop: true }],
    ["forks without end", { fork: true }],
    ["floods its log", { flood: 50_000 }],
  ];

  it.each(harm)("answers every call while an agent %s", async (_, wish) => {
    const pool = await openPool();
    const [bad, good] = [agentId("bad"), agentId("good")];
    await Promise.all([pool.deploy(bad), pool.deploy(good)]);
    const harmful = pool.call(bad, wish).catch(() => undefined);
    await callOften(pool, good, 30);
    await harmful;
    await callOften(pool, good, 30);
  });

  async function callOften(pool: Pool, id: string, times: number): Promise<void> {
    for (let turn = 0; turn < times; turn++) await expect(pool.call(id)).resolves.toMatchObject({ status: 200 });
  }
});
