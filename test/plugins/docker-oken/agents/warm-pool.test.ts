import { expect, it, onTestFinished, vi } from "vitest";
import { Duty } from "../../../../plugins/docker-oken/src/agents/duty.ts";
import { describeWithEngine } from "../engine.ts";
import { agentId, openPool, poolPlace } from "./pool.ts";

const stateOf = (containers: readonly { name: string; state: string }[], id: string) =>
  containers.find(({ name }) => name === `oken-${id}`)?.state;

describeWithEngine("the warm pool", () => {
  it("stops an agent that is idle, keeps it listed, and wakes it (OKEN-D15, T17)", async () => {
    const { agents, deploy, call, event, status, containers } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 1, secrets: { VERSION: "one" } });
    await event(id, "stopped");
    expect(status(id)).toBe("stopped");
    expect(agents.runningCount()).toBe(0);
    expect(stateOf(await containers(), id)).toBe("exited");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "one" } });
    expect(status(id)).toBe("running");
    expect((await event(id, "woken")).ms).toBeGreaterThan(0);
  });

  it("lets all calls wait for the same wake-up", async () => {
    const { deploy, call, event, events } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0 });
    await event(id, "stopped");
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(events.filter(({ act }) => act === "woken")).toHaveLength(1);
  });

  it("sends calls away when too many wait for a wake-up", async () => {
    const { deploy, call, event } = await openPool(poolPlace({ queued: 2 }));
    const id = agentId();
    await deploy(id, { warmTimeout: 0 });
    await event(id, "stopped");
    const calls = await Promise.allSettled([call(id), call(id), call(id)]);
    expect(calls.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(calls[2]).toMatchObject({ reason: { code: "AGENT_BUSY", status: 503, retryAfterSeconds: 1 } });
  });

  it("never stops an agent under a call (OKEN-D16, T18)", async () => {
    const { deploy, call, event, events } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 3 });
    await expect(call(id, { sleep: 6 })).resolves.toMatchObject({ status: 200 });
    const endedAt = performance.now();
    expect(events.filter(({ act }) => act === "stopped")).toEqual([]);
    await event(id, "stopped");
    expect(performance.now() - endedAt).toBeGreaterThan(2_950);
  });

  it("counts from readiness, however long the build took (OKEN-D17)", async () => {
    const { deploy, event } = await openPool();
    const id = agentId();
    let readyAt = Number.NaN;
    const begin = Duty.prototype.begin;
    vi.spyOn(Duty.prototype, "begin").mockImplementation(function (this: Duty, pool) {
      readyAt = performance.now();
      begin.call(this, pool);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await deploy(id, { warmTimeout: 1, buildMs: 2_000 });
    await event(id, "stopped");
    expect(performance.now() - readyAt).toBeGreaterThan(999);
  });

  it("takes the runner's time for agents that state none (OKEN-D19)", async () => {
    const { deploy, event } = await openPool(poolPlace({ warmTimeoutSeconds: 1 }));
    const id = agentId();
    await deploy(id);
    await expect(event(id, "stopped")).resolves.toMatchObject({ reason: "idle" });
  });

  it("answers every call to an agent that is stopped as soon as it is idle (T19)", async () => {
    const { deploy, call } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0 });
    for (let turn = 0; turn < 5; turn++) {
      const answers = await Promise.all([call(id), call(id, { sleep: 0.05 })]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    }
  });

  it("freezes an idle agent, keeps it beyond its warm time and thaws it", async () => {
    const { deploy, call, event, events, status, containers } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 1, freezeAfter: 0.01 });
    const { output } = await call(id);
    await event(id, "frozen", 1);
    await expect.poll(async () => stateOf(await containers(), id)).toBe("paused");
    expect(status(id)).toBe("running");
    const other = agentId("other");
    await deploy(other, { warmTimeout: 2 });
    await event(other, "stopped");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { pid: output["pid"] } });
    expect(events.filter(({ agent, act }) => agent === id && (act === "stopped" || act === "woken"))).toEqual([]);
    await event(id, "thawed");
  });

  it("gives the place of the least recently used agent to another", async () => {
    const { deploy, call, event, status, agents } = await openPool(poolPlace({ maxRunning: 2 }));
    const [first, second, third] = [agentId("first"), agentId("second"), agentId("third")];
    await deploy(first);
    await deploy(second);
    await call(first);
    await deploy(third);
    await expect(event(second, "stopped")).resolves.toMatchObject({ reason: "another agent needs its place" });
    expect([first, second, third].map(status)).toEqual(["running", "stopped", "running"]);
    await call(second);
    expect([first, second, third].map(status)).toEqual(["stopped", "running", "running"]);
    expect(agents.runningCount()).toBe(2);
  });

  it("spares pinned and busy agents, and lets the next wait for a place", async () => {
    const { deploy, call, status } = await openPool(poolPlace({ maxRunning: 2 }));
    const [pinned, busy, third] = [agentId("pinned"), agentId("busy"), agentId("third")];
    await deploy(pinned, { pinned: true, warmTimeout: 0 });
    await deploy(busy);
    const slow = call(busy, { sleep: 1 });
    await deploy(third);
    await expect(slow).resolves.toMatchObject({ status: 200 });
    expect([pinned, busy, third].map(status)).toEqual(["running", "stopped", "running"]);
  });

  it("says that it is full when no place comes free", { timeout: 60_000 }, async () => {
    const { deploy, call, event } = await openPool(poolPlace({ maxRunning: 1, healthCheckTimeoutSeconds: 10 }));
    const [sleeper, pinned] = [agentId("sleeper"), agentId("pinned")];
    await deploy(sleeper, { warmTimeout: 0 });
    await event(sleeper, "stopped");
    await deploy(pinned, { pinned: true });
    await expect(call(sleeper)).rejects.toMatchObject({
      code: "AGENT_BUSY",
      message: expect.stringContaining("none is idle"),
    });
  });

  it("lets in as many calls at once as the agent takes", async () => {
    const { agents, deploy } = await openPool(poolPlace({ queued: 1 }));
    const id = agentId();
    await deploy(id, { concurrency: 2 });
    const signal = AbortSignal.timeout(10_000);
    const [one, two] = await Promise.all([agents.enter(id, signal), agents.enter(id, signal)]);
    const third = agents.enter(id, signal);
    await expect(agents.enter(id, signal)).rejects.toMatchObject({ code: "AGENT_BUSY" });
    one?.leave();
    one?.leave();
    await third;
    await expect(Promise.race([agents.enter(id, signal), "waits"])).resolves.toBe("waits");
    two?.leave();
  });

  it("keeps an agent's calls out of another's way (OKEN-D42)", async () => {
    const { agents, deploy, call } = await openPool(poolPlace({ queued: 200 }));
    const [full, free] = [agentId("full"), agentId("free")];
    await Promise.all([deploy(full, { concurrency: 2 }), deploy(free)]);
    const over = new AbortController();
    const waiting = Array.from({ length: 150 }, () => agents.enter(full, over.signal));
    for (let turn = 0; turn < 10; turn++) await expect(call(free)).resolves.toMatchObject({ status: 200 });
    over.abort();
    const settled = await Promise.allSettled(waiting);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  });

  it("forgets a call whose caller went away while it waited", async () => {
    const { agents, deploy, event, call } = await openPool(poolPlace({ queued: 1 }));
    const id = agentId();
    await deploy(id, { warmTimeout: 0 });
    await event(id, "stopped");
    const over = new AbortController();
    const waiting = agents.enter(id, over.signal);
    over.abort(new Error("the caller went away"));
    await expect(waiting).rejects.toThrow("the caller went away");
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });
});
