import { expect, it } from "vitest";
import { agentId, openPool, poolPlace } from "../agents/pool.ts";
import { describeWithEngine } from "../engine.ts";
import { privateEngine } from "./private-engine.ts";

describeWithEngine("an engine that goes away", () => {
  it("is waited for, and its agents answer again without a rebuild", { timeout: 120_000 }, async () => {
    const own = await privateEngine();
    const place = await poolPlace({}, own);
    await own.network(place.network);
    const pool = await openPool(place, own.docker);
    const [warm, cold] = [agentId("warm"), agentId("cold")];
    await pool.deploy(warm, { secrets: { VERSION: "kept" } });
    await pool.deploy(cold, { warmTimeout: 0 });
    await pool.event(cold, "stopped");

    await own.stop();
    await expect.poll(() => pool.agents.engineStatus.up, { timeout: 10_000 }).toBe(false);
    expect(pool.agents.engineStatus).toMatchObject({ address: own.host, problem: expect.any(String) });
    await expect(pool.deploy(agentId())).rejects.toMatchObject({ code: "CONTAINER_ERROR" });
    const waiting = pool.call(cold);
    await own.start();
    await expect(waiting).resolves.toMatchObject({ status: 200 });
    await expect.poll(() => pool.agents.engineStatus.up).toBe(true);
    await expect(pool.call(warm)).resolves.toMatchObject({ output: { version: "kept" } });
    expect(pool.log.filter(({ msg }) => msg.includes("does not answer"))).not.toEqual([]);
  });

  it("may be killed, and its agents answer again without a rebuild", { timeout: 120_000 }, async () => {
    const own = await privateEngine();
    const place = await poolPlace({}, own);
    await own.network(place.network);
    const pool = await openPool(place, own.docker);
    const id = agentId();
    await pool.deploy(id, { secrets: { VERSION: "kept" } });

    await own.kill();
    await expect.poll(() => pool.agents.engineStatus.up, { timeout: 10_000 }).toBe(false);
    await own.start();
    await expect.poll(() => pool.agents.engineStatus.up, { timeout: 20_000 }).toBe(true);
    await expect
      .poll(() => pool.call(id).catch((thrown) => thrown), { timeout: 40_000 })
      .toMatchObject({ output: { version: "kept" } });
    await expect(pool.call(id)).resolves.toMatchObject({ status: 200 });
    await expect(pool.containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  });

  it("is no fault of a runner that starts without it", { timeout: 120_000 }, async () => {
    const own = await privateEngine();
    const place = await poolPlace({}, own);
    await own.network(place.network);
    const first = await openPool(place, own.docker);
    const id = agentId();
    await first.deploy(id);
    await first.agents.close();
    await own.stop();
    const hasty = await openPool({ ...place, healthCheckTimeoutSeconds: 1 }, own.docker);
    expect(hasty.agents.engineStatus.up).toBe(false);
    expect(hasty.status(id)).toBe("running");
    await expect(hasty.call(id)).rejects.toMatchObject({
      code: "AGENT_BUSY",
      message: expect.stringContaining("engine does not answer"),
    });
    await hasty.agents.close();
    const second = await openPool(place, own.docker);
    await own.start();
    await second.event(id, "woken");
    await expect(second.call(id)).resolves.toMatchObject({ status: 200 });
  });
});
