import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { agentId, openPool, poolPlace } from "../agents/pool.ts";
import { describeWithEngine } from "../engine.ts";
import { privateEngine } from "./private-engine.ts";

/** A pool on an engine of its own. */
async function ownPool() {
  const own = await privateEngine();
  const place = await poolPlace({}, own);
  await own.network(place.network);
  return { own, place, pool: await openPool(place, own.docker) };
}

describeWithEngine("an engine that ends", () => {
  it.each(["stop", "kill"] as const)(
    "amid work (%s) has it fail in words, and the next succeed",
    {
      timeout: 180_000,
    },
    async (how) => {
      const { own, place, pool } = await ownPool();
      const [warm, slow, fresh, gone] = [agentId("warm"), agentId("slow"), agentId("fresh"), agentId("gone")];
      for (const id of [warm, slow, gone]) await pool.deploy(id, { secrets: { VERSION: "kept" } });
      const calling = pool.call(slow, { sleep: 150 }).catch((thrown) => thrown);
      const deploying = pool.deploy(fresh, { secrets: { BOOT: "hang" } }).catch((thrown) => thrown);
      const replacing = pool.deploy(warm, { secrets: { BOOT: "hang" } }).catch((thrown) => thrown);
      await expect.poll(pool.containers, { timeout: 20_000 }).toHaveLength(5);
      const stopping = pool.agents.stop(gone).catch((thrown) => thrown);
      await own[how]();
      for (const one of await Promise.all([deploying, replacing]))
        expect(one).toMatchObject({ code: "CONTAINER_ERROR" });
      const stopped = await stopping;
      if (stopped !== undefined) expect(stopped).toMatchObject({ code: "CONTAINER_ERROR" });
      expect(pool.status(fresh)).toBe("error");
      await own.start();
      expect(await calling).toBeInstanceOf(Error);
      await expect.poll(() => pool.agents.engineStatus.up, { timeout: 30_000 }).toBe(true);
      for (const id of [warm, slow])
        await expect
          .poll(() => pool.call(id).catch((thrown) => thrown), { timeout: 60_000 })
          .toMatchObject({ output: { version: "kept" } });
      await expect(pool.deploy(fresh)).resolves.toMatchObject({ status: "running" });
      const names = async () => (await pool.containers()).map(({ name }) => name).sort();
      await expect.poll(names, { timeout: 30_000 }).toEqual([warm, slow, fresh].map((id) => `oken-${id}`).sort());
      await expect(readdir(join(place.dataDir, "incoming"))).resolves.toEqual([]);
    },
  );

  it("keeps no runner from closing", { timeout: 120_000 }, async () => {
    const { own, place, pool } = await ownPool();
    const id = agentId();
    await pool.deploy(id, { secrets: { VERSION: "kept" } });
    await own.stop();
    await pool.agents.close().catch((thrown) => expect(thrown).toBeInstanceOf(Error));
    await own.start();
    const next = await openPool(place, own.docker);
    await expect(next.call(id)).resolves.toMatchObject({ output: { version: "kept" } });
  });
});
