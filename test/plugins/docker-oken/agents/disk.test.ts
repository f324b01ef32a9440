import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithEngine } from "../engine.ts";
import { agentFolder, agentId, openPool, poolPlace } from "./pool.ts";

const below = (place: { readonly dataDir: string }, ...names: string[]) => join(place.dataDir, ...names);

/** Makes a folder of the data directory unusable for a while. */
async function without<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await rename(folder, `${folder}.away`);
  await writeFile(folder, "no folder");
  try {
    return await work();
  } finally {
    await rm(folder, { force: true, recursive: true });
    await rename(`${folder}.away`, folder);
  }
}

describeWithEngine("a data directory that cannot be written", () => {
  it("makes a first deployment fail, and leaves no agent half registered", async () => {
    const { agents, deploy, options, status, call } = await openPool();
    const id = agentId();
    const failing = without(below(options, "registry"), () => deploy(id));
    await expect(failing).rejects.toMatchObject({
      code: "CONTAINER_ERROR",
      message: expect.stringContaining("data directory"),
    });
    expect(agents.list()).toEqual([]);
    await expect(readdir(below(options, "incoming"))).resolves.toEqual([]);
    await deploy(id);
    expect(status(id)).toBe("running");
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("costs an agent neither its calls nor its new version", async () => {
    const { deploy, options, call, log } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    await without(below(options, "registry"), async () => {
      await expect(deploy(id, { secrets: { VERSION: "two" } })).resolves.toMatchObject({ status: "running" });
      await expect(call(id)).resolves.toMatchObject({ output: { version: "two" } });
    });
    expect(log).toContainEqual(expect.objectContaining({ level: 50, msg: expect.stringContaining(id) }));
  });

  it("is made again where somebody has tidied it away", async () => {
    const { deploy, options, call } = await openPool();
    const [old, fresh] = [agentId("old"), agentId("fresh")];
    await deploy(old);
    await rm(options.dataDir, { recursive: true, force: true });
    await expect(deploy(fresh)).resolves.toMatchObject({ status: "running" });
    await expect(deploy(old)).resolves.toMatchObject({ status: "running" });
    await expect(call(old)).resolves.toMatchObject({ status: 200 });
    expect(await readdir(below(options, "registry"))).toEqual(
      [old, fresh].flatMap((id) => [`${id}.build.log`, `${id}.json`]).sort(),
    );
    expect(await readdir(below(options, "agents"))).toEqual([old, fresh].sort());
  });

  it("does not keep an agent from being stopped", async () => {
    const { agents, deploy, options, containers } = await openPool();
    const id = agentId();
    await deploy(id);
    await rm(options.dataDir, { recursive: true, force: true });
    await agents.stop(id);
    expect(agents.list()).toEqual([]);
    await expect(containers()).resolves.toEqual([]);
  });
});

describeWithEngine("a runner that is started again after a kill", () => {
  it("finds what its predecessor left half done, and deletes it", async () => {
    const place = await poolPlace();
    const [kept, gone] = [agentId("kept"), agentId("gone")];
    const first = await openPool(place);
    await first.deploy(kept);
    await first.agents.close();
    await mkdir(below(place, ".old-1234", "deep"), { recursive: true });
    await mkdir(below(place, "agents", gone), { recursive: true });
    await writeFile(below(place, "registry", `${gone}.build.log`), "Step 1");
    await writeFile(below(place, "registry", `${kept}.json.1234.new`), "{");
    await writeFile(below(place, "instance.1234.new"), "half");
    const second = await openPool(place);
    expect(second.agents.list()).toMatchObject([{ agentId: kept }]);
    await expect(readdir(below(place, "registry"))).resolves.toEqual([`${kept}.build.log`, `${kept}.json`].sort());
    await expect(readdir(below(place, "agents"))).resolves.toEqual([kept]);
    expect((await readdir(place.dataDir)).sort()).toEqual(["agents", "incoming", "registry"]);
    await expect(second.agents.buildLog(kept)).resolves.toBe("Step 1\nbuilt\n");
  });

  it("believes no record that tells of another agent", async () => {
    const place = await poolPlace();
    const id = agentId();
    const first = await openPool(place);
    await first.agents.close();
    const record = { format: 1, order: 0, name: "x", createdAt: new Date().toISOString(), life: "failed" };
    for (const [file, told] of [
      [id, "../../etc"],
      ["copied", id],
    ])
      await writeFile(below(place, "registry", `${file}.json`), JSON.stringify({ ...record, agentId: told }));
    const second = await openPool(place);
    expect(second.agents.list()).toEqual([]);
    await expect(second.deploy(id)).resolves.toMatchObject({ status: "running" });
  });

  it("goes on with an empty, a torn and a foreign record", async () => {
    const place = await poolPlace();
    const id = agentId();
    const first = await openPool(place);
    await first.deploy(id);
    await first.agents.close();
    for (const [name, text] of Object.entries({
      empty: "",
      torn: '{"format":1,',
      list: "[]",
      deep: "[".repeat(100_000),
    }))
      await writeFile(below(place, "registry", `${name}.json`), text);
    await mkdir(below(place, "registry", "folder.json"));
    const second = await openPool(place);
    expect(second.agents.list()).toMatchObject([{ agentId: id }]);
    await expect(second.call(id)).resolves.toMatchObject({ status: 200 });
  });
});

describeWithEngine("a deployment that never begins", () => {
  it("leaves nothing on the disk", async () => {
    const { agents, options, deploy, status } = await openPool();
    const id = agentId();
    const first = deploy(id, { buildMs: 60_000 }).catch((thrown) => thrown);
    await expect.poll(() => status(id)).toBe("building");
    const second = agents.deploy(id, await agentFolder(options.dataDir, {}), { secrets: {} });
    const refused = expect(second).rejects.toMatchObject({ code: "CONTAINER_ERROR" });
    await agents.stop(id);
    await refused;
    await first;
    await expect(readdir(below(options, "incoming"))).resolves.toEqual([]);
  });

  it("of a runner that ends leaves nothing on the disk", async () => {
    const { agents, options, deploy, status } = await openPool();
    const id = agentId();
    const first = deploy(id, { buildMs: 60_000 }).catch((thrown) => thrown);
    await expect.poll(() => status(id)).toBe("building");
    const second = agents.deploy(id, await agentFolder(options.dataDir, {}), { secrets: {} });
    const refused = expect(second).rejects.toMatchObject({ message: expect.stringContaining("shutting down") });
    await agents.close();
    await refused;
    await first;
    const third = agents.deploy(id, await agentFolder(options.dataDir, {}), { secrets: {} });
    await expect(third).rejects.toMatchObject({ message: expect.stringContaining("shutting down") });
    await expect(readdir(below(options, "incoming"))).resolves.toEqual([]);
  });
});
