import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { CONTAINER_KIND } from "../../../../plugins/docker-oken/src/agents/claims.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { engineDoor } from "../engine-door.ts";
import { agentId, image, openPool, poolPlace } from "./pool.ts";

describeWithEngine("a runner that is started again", { timeout: 120_000 }, () => {
  it("goes on with the agents of one that was killed (OKEN-D20)", async () => {
    const place = await poolPlace();
    const id = agentId();
    const host = fileURLToPath(new URL("./runner-host.ts", import.meta.url));
    const argv = ["--conditions", "leasehold-source", host, JSON.stringify(place), id, await image()];
    const first = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(first.stdout, "data");
    expect(String(line)).toBe("running\n");
    first.kill("SIGKILL");
    await once(first, "exit");

    const { agents, call, status, event, containers, mask } = await openPool(place);
    expect(status(id)).toBe("running");
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "before the kill" } });
    await event(id, "adopted");
    await expect(agents.buildLog(id)).resolves.toBe("built by the first runner\n");
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "running" }]);
    expect(mask(id, "not before the kill!")).toBe("not ********!");
  });

  it("starts again what ran when the runner ended in good order", async () => {
    const place = await poolPlace();
    const [warm, cold, broken] = [agentId("warm"), agentId("cold"), agentId("broken")];
    const first = await openPool(place);
    await first.deploy(warm, { secrets: { VERSION: "kept" } });
    await first.deploy(cold, { warmTimeout: 0 });
    await first.deploy(broken, { secrets: { BOOT: "exit" } });
    await first.event(cold, "stopped");
    await first.agents.close();
    expect((await first.containers()).filter(({ state }) => state === "running")).toEqual([]);

    const second = await openPool(place);
    await second.event(warm, "woken");
    expect([warm, cold, broken].map(second.status)).toEqual(["running", "stopped", "error"]);
    expect(second.agents.list().map((agent) => agent.agentId)).toEqual([warm, cold, broken]);
    await expect(second.call(warm)).resolves.toMatchObject({ output: { version: "kept" } });
    await expect(second.call(cold)).resolves.toMatchObject({ status: 200 });
    const lines: string[] = [];
    const wish = { tail: 10, follow: false, signal: AbortSignal.timeout(5_000) };
    for await (const line of await second.agents.logs(broken, wish)) lines.push(String(line));
    expect(lines).toEqual(["no such module: nothing"]);
  });

  it("starts a few at once of many that ran", async () => {
    const place = await poolPlace();
    const first = await openPool(place);
    const ids = Array.from({ length: 8 }, (_, n) => agentId(`many${n}`));
    await Promise.all(ids.map((id) => first.deploy(id)));
    await first.agents.close();

    let [starts, most, woken] = [0, 0, () => 0];
    const dockerHost = await engineDoor((method, path) => {
      if (method !== "POST" || !path.endsWith("/start")) return false;
      starts += 1;
      most = Math.max(most, starts - woken());
      return false;
    });
    const second = await openPool({ ...place, dockerHost });
    woken = () => second.events.filter(({ act }) => act === "woken").length;
    await Promise.all(ids.map((id) => second.event(id, "woken")));
    expect(most).toBe(4);
    expect(ids.map(second.status)).toEqual(ids.map(() => "running"));
  });

  it("starts no more than may run, and the others when they are called", async () => {
    const place = await poolPlace();
    const first = await openPool(place);
    const ids = Array.from({ length: 4 }, (_, n) => agentId(`few${n}`));
    await Promise.all(ids.map((id) => first.deploy(id)));
    await first.agents.close();

    const second = await openPool({ ...place, maxRunning: 2 });
    const acts = () => second.events.map(({ act }) => act).sort();
    await expect.poll(acts, { timeout: 20_000 }).toEqual(["stopped", "stopped", "woken", "woken"]);
    const stopped = ids.find((id) => second.status(id) === "stopped") ?? "";
    await expect(second.call(stopped)).resolves.toMatchObject({ status: 200 });
    expect(second.agents.runningCount()).toBe(2);
    expect((await second.containers()).filter(({ state }) => state === "running")).toHaveLength(2);
  });

  it("finds the same process again when agents run on without it", async () => {
    const place = await poolPlace({ keepRunning: true });
    const id = agentId();
    const first = await openPool(place);
    await first.deploy(id);
    const [before] = await first.containers();
    await first.agents.close();
    expect(await first.containers()).toMatchObject([{ state: "running" }]);
    const startedAt = await startOf(before?.id);
    const second = await openPool(place);
    await expect(second.call(id)).resolves.toMatchObject({ status: 200 });
    expect(await startOf(before?.id)).toBe(startedAt);
  });

  it("keeps a frozen agent frozen until it is called", async () => {
    const place = await poolPlace({ keepRunning: true });
    const id = agentId();
    const first = await openPool(place);
    await first.deploy(id, { freezeAfter: 0.01 });
    await first.event(id, "frozen");
    await first.agents.close();
    const second = await openPool(place);
    await second.event(id, "adopted");
    expect(await second.containers()).toMatchObject([{ state: "paused" }]);
    expect(second.status(id)).toBe("running");
    await expect(second.call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("fails what was being deployed, and removes its container", async () => {
    const place = await poolPlace();
    const id = agentId();
    const first = await openPool(place);
    await first.agents.close();
    const record = {
      format: 1,
      agentId: id,
      order: 0,
      name: "half",
      createdAt: new Date().toISOString(),
      life: "deploying",
    };
    await writeFile(join(place.dataDir, "registry", `${id}.json`), JSON.stringify(record));
    const Labels = { "oken.agent_id": id, "oken.instance": String(place.instance) };
    await engine().docker.createContainer({ name: `oken-${id}.v1`, Image: await image(), Labels });
    const second = await openPool(place);
    await expect(second.containers()).resolves.toEqual([]);
    expect(second.agents.list()).toMatchObject([
      { agentId: id, status: "error", error: expect.stringContaining("deploy it again") },
    ]);
    await expect(second.deploy(id)).resolves.toMatchObject({ status: "running" });
  });

  it("sets a record aside that cannot be read, and goes on", async () => {
    const place = await poolPlace();
    const id = agentId();
    const first = await openPool(place);
    await first.deploy(id);
    await first.agents.close();
    await writeFile(join(place.dataDir, "registry", "torn.json"), '{"format":1,"agent');
    const second = await openPool(place);
    expect(second.agents.list()).toHaveLength(1);
    expect(second.log).toContainEqual(
      expect.objectContaining({ level: 50, msg: expect.stringContaining("torn.json.bad") }),
    );
  });

  it("ends the claims of its predecessor without touching what it took over", async () => {
    const place = await poolPlace({ keepRunning: true });
    const id = agentId();
    const first = await openPool(place);
    await first.deploy(id);
    const [container] = await first.containers();
    await first.agents.close();
    const second = await openPool(place);
    await second.call(id);
    const owner = { type: "plugin", plugin: "docker-oken" } as const;
    const claim = (name: string) => ({ instance: String(place.instance), agentId: id, container: name });
    const stray = await engine().docker.createContainer({ Image: await image() });
    const left = [container?.id ?? "", stray.id].map((name) => ({
      kind: CONTAINER_KIND,
      id: `${name} left`,
      owner,
      data: claim(name),
    }));
    await second.ledger.recover(left, new Error("the runner was restarted"), 10);
    await expect(second.containers()).resolves.toMatchObject([{ id: container?.id, state: "running" }]);
    await expect(stray.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});

describeWithEngine("two runners on one engine", { timeout: 120_000 }, () => {
  it("never touch each other's agents, even of one id (OKEN-D21, T55)", async () => {
    const id = agentId();
    const one = await openPool();
    await one.deploy(id, { secrets: { VERSION: "one" } });
    const other = await openPool();
    await other.deploy(id, { secrets: { VERSION: "other" } });
    await expect(one.call(id)).resolves.toMatchObject({ output: { version: "one" } });
    await expect(other.call(id)).resolves.toMatchObject({ output: { version: "other" } });
    await other.agents.stop(id);
    await one.deploy(id, { secrets: { VERSION: "two" } });
    await expect(one.call(id)).resolves.toMatchObject({ output: { version: "two" } });
  });
});

async function startOf(container = ""): Promise<string> {
  return (await engine().docker.getContainer(container).inspect()).State.StartedAt;
}
