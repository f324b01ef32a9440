import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { expect, it, onTestFinished } from "vitest";
import { containerEvents } from "../../../../plugins/docker-oken/src/engine/engine-events.ts";
import type { OkenOptions } from "../../../../plugins/docker-oken/src/options.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, image, openPool, type Pool, poolPlace } from "./pool.ts";

describeWithEngine("a runner that is killed amid a first deployment", () => {
  it.each(["create", "attach", "start", "rename"])("leaves its successor nothing but words, at its %s", async (act) => {
    const place = await poolPlace();
    const id = agentId();
    await killedAt(place, id, act, 1);
    const pool = await openPool(place);
    const status = pool.status(id);
    if (status === "running") await expect(pool.call(id)).resolves.toMatchObject({ status: 200 });
    else expect(pool.agents.list()).toMatchObject([{ agentId: id, error: expect.stringContaining("deploy it again") }]);
    await expect.poll(pool.containers).toHaveLength(status === "running" ? 1 : 0);
    await expect(pool.deploy(id, { secrets: { VERSION: "third" } })).resolves.toMatchObject({ status: "running" });
    await expect(pool.call(id)).resolves.toMatchObject({ output: { version: "third" } });
    await nothingLeft(pool, id);
  });
});

describeWithEngine("a runner that is killed amid a second deployment", () => {
  it.each([
    ["create", 2],
    ["start", 2],
    ["rename", 2],
    ["rename", 3],
    ["kill", 1],
    ["die", 1],
    ["destroy", 1],
  ])("leaves its successor one version that answers, at its %s %i", async (act, nth) => {
    const place = await poolPlace();
    const id = agentId();
    await killedAt(place, id, act, nth);
    const pool = await openPool(place);
    await expect(pool.call(id)).resolves.toMatchObject({
      output: { version: expect.stringMatching(/before the kill|the newer one/) },
    });
    await expect.poll(pool.containers).toMatchObject([{ name: `oken-${id}`, state: "running" }]);
    await expect(pool.deploy(id, { secrets: { VERSION: "third" } })).resolves.toMatchObject({ status: "running" });
    await expect(pool.call(id)).resolves.toMatchObject({ output: { version: "third" } });
    await nothingLeft(pool, id);
  });
});

/** Lets another process deploy the agent, as often as it takes, and kills it at the n-th event of that kind. */
async function killedAt(place: OkenOptions, id: string, act: string, nth: number): Promise<void> {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const label = [`oken.instance=${place.instance}`];
  const filters: Docker.GetEventsOptions["filters"] = { type: ["container"], event: [act], label };
  const events = containerEvents(await engine().docker.getEvents({ filters, abortSignal: over.signal }));
  const host = fileURLToPath(new URL("./runner-host.ts", import.meta.url));
  const argv = ["--conditions", "leasehold-source", host, JSON.stringify(place), id, await image(), "2"];
  const runner = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(runner, "exit");
  const failed = ended.then(([code]) => Promise.reject(new Error(`it ended with ${code} before its ${act} ${nth}`)));
  for (let seen = 0; seen < nth; seen++) await Promise.race([events.next(), failed]);
  failed.catch(() => undefined);
  runner.kill("SIGKILL");
  await ended;
}

async function nothingLeft(pool: Pool, id: string): Promise<void> {
  await expect.poll(pool.containers, { timeout: 20_000 }).toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  const { dataDir } = pool.options;
  expect(await readdir(join(dataDir, "registry"))).toEqual([`${id}.build.log`, `${id}.json`]);
  expect(await readdir(join(dataDir, "agents"))).toEqual([id]);
  expect((await readdir(dataDir)).filter((name) => !["agents", "incoming", "registry"].includes(name))).toEqual([]);
}
