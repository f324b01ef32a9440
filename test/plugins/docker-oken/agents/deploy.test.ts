import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { agentFolder, agentId, call, openPool, poolPlace } from "./pool.ts";

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describeWithEngine("a deployment", () => {
  it("runs, is listed and answers calls (T1, T46)", async () => {
    const { agents, deploy, call, containers } = await openPool();
    const id = agentId();
    await expect(deploy(id, { name: "My agent", secrets: { VERSION: "one" } })).resolves.toMatchObject({
      status: "running",
      buildLog: "Step 1\nbuilt\n",
    });
    expect(agents.list()).toMatchObject([{ agentId: id, name: "My agent", status: "running", lastInvoked: undefined }]);
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "one" } });
    expect(agents.list()[0]?.lastInvoked).toBeInstanceOf(Date);
    expect(agents.runningCount()).toBe(1);
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  });

  it("shows the agent as building meanwhile, refuses its calls, and has an end (OKEN-D12, T135)", async () => {
    const { agents, deploy, call, status } = await openPool();
    const id = agentId();
    const over = new AbortController();
    const deploying = deploy(id, { buildMs: 60_000, signal: over.signal });
    await expect.poll(() => status(id)).toBe("building");
    await expect(call(id)).rejects.toMatchObject({
      code: "AGENT_NOT_RUNNING",
      message: expect.stringContaining("building"),
    });
    await expect(call("nobody")).rejects.toMatchObject({ code: "AGENT_NOT_FOUND", status: 404 });
    expect(agents.runningCount()).toBe(0);
    over.abort();
    await expect(deploying).rejects.toMatchObject({ code: "CONTAINER_ERROR" });
    expect(status(id)).toBe("error");
  });

  it("holds up nobody else's calls and deployments (OKEN-D13)", async () => {
    const { deploy, call } = await openPool();
    const [slow, quick] = [agentId("slow"), agentId("quick")];
    const over = new AbortController();
    const building = deploy(slow, { buildMs: 60_000, signal: over.signal }).catch(() => "ended");
    await deploy(quick);
    for (let turn = 0; turn < 5; turn++) await expect(call(quick)).resolves.toMatchObject({ status: 200 });
    over.abort();
    await expect(building).resolves.toBe("ended");
  });

  it("ends at once when the container does, with its last words (OKEN-D29)", async () => {
    const { agents, deploy, status } = await openPool();
    const id = agentId();
    const answer = await deploy(id, { secrets: { BOOT: "exit" } });
    expect(answer.status).toBe("error");
    expect(answer.error).toMatch(/ready.*exit code 3.*\n.*no such module: nothing/);
    expect(status(id)).toBe("error");
    const lines: string[] = [];
    const wish = { tail: 100, follow: false, signal: AbortSignal.timeout(5_000) };
    for await (const line of await agents.logs(id, wish)) lines.push(String(line));
    expect(lines).toEqual(["no such module: nothing"]);
  });

  it("answers an error when the agent is not ready in time (T147)", async () => {
    const { deploy, call } = await openPool(poolPlace({ healthCheckTimeoutSeconds: 5 }));
    const id = agentId();
    const answer = await deploy(id, { secrets: { BOOT: "hang" } });
    expect(answer).toMatchObject({ status: "error", error: expect.stringMatching(/ready within 5 s.*\nthinking/) });
    await expect(call(id)).rejects.toMatchObject({ code: "AGENT_NOT_RUNNING" });
  });

  it("does not believe an agent that announces itself too early", async () => {
    const { deploy } = await openPool(poolPlace({ healthCheckTimeoutSeconds: 2 }));
    const answer = await deploy(agentId(), { secrets: { BOOT: "forge" } });
    expect(answer).toMatchObject({ status: "error", error: expect.stringContaining("ready within 2 s") });
  });

  it("asks agents of type http for their health (T124, T126)", async () => {
    const { deploy, call } = await openPool();
    const id = agentId();
    await expect(deploy(id, { type: "http", secrets: { BOOT: "silent" } })).resolves.toMatchObject({
      status: "running",
    });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("keeps the log of a failed build (OKEN-D30)", async () => {
    const { agents, deploy, status } = await openPool();
    const id = agentId();
    await expect(deploy(id, { broken: true })).rejects.toMatchObject({ code: "BUILD_FAILED" });
    expect(status(id)).toBe("error");
    await expect(agents.buildLog(id)).resolves.toBe("Step 1\nno\n");
    await expect(agents.logs(id, { tail: 1, follow: false, signal: AbortSignal.timeout(5_000) })).rejects.toMatchObject(
      {
        code: "AGENT_NOT_RUNNING",
        message: expect.stringContaining("no container"),
      },
    );
  });

  it("mends an agent whose first one failed", async () => {
    const { deploy, call, containers } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { BOOT: "exit" } });
    await expect(deploy(id)).resolves.toMatchObject({ status: "running" });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  });

  it("drops no call while a new version takes over (OKEN-D32)", async () => {
    const { agents, deploy, call: callAgent, containers } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "old" } });
    const slow = callAgent(id, { sleep: 1 });
    let over = false;
    const versions = new Set<unknown>();
    const caller = async () => {
      while (!over) {
        const { status, output } = await call(agents, id, {});
        expect(status).toBe(200);
        versions.add(output["version"]);
      }
    };
    const callers = [caller(), caller()];
    await expect(deploy(id, { secrets: { VERSION: "new" } })).resolves.toMatchObject({ status: "running" });
    await expect(callAgent(id)).resolves.toMatchObject({ output: { version: "new" } });
    over = true;
    await Promise.all(callers);
    await expect(slow).resolves.toMatchObject({ status: 200, output: { version: "old" } });
    expect([...versions]).toContain("old");
    await expect.poll(containers, { timeout: 10_000 }).toMatchObject([{ name: `oken-${id}` }]);
  });

  it("keeps the old version when the new one fails (OKEN-D32)", async () => {
    const { deploy, call, status, containers } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "old" } });
    await expect(deploy(id, { secrets: { BOOT: "exit" } })).resolves.toMatchObject({ status: "error" });
    await expect(deploy(id, { broken: true })).rejects.toMatchObject({ code: "BUILD_FAILED" });
    expect(status(id)).toBe("running");
    await expect(call(id)).resolves.toMatchObject({ output: { version: "old" } });
    await expect(containers()).resolves.toHaveLength(1);
  });

  it("comes after the one before it of the same id (OKEN-D33)", async () => {
    const { agents, options, call, containers } = await openPool();
    const id = agentId();
    const folders = await Promise.all(["a", "b", "c"].map((name) => agentFolder(options.dataDir, { name })));
    const deploying = ["a", "b", "c"].map((VERSION, at) =>
      agents.deploy(id, folders[at] ?? "", { secrets: { VERSION } }),
    );
    const answers = await Promise.all(deploying);
    expect(answers.map(({ status }) => status)).toEqual(["running", "running", "running"]);
    await expect(call(id)).resolves.toMatchObject({ output: { version: "c" } });
    await expect.poll(containers, { timeout: 10_000 }).toHaveLength(1);
  });

  it("swaps the code in and deletes what it replaces (OKEN-D25, OKEN-D34)", async () => {
    const { options, deploy, agents } = await openPool();
    const id = agentId();
    await deploy(id, { name: "one" });
    await deploy(id, { name: "two" });
    const code = join(options.dataDir, "agents", id);
    expect(JSON.parse(await readFile(join(code, "wishes.json"), "utf8"))).toMatchObject({ name: "two" });
    await deploy(id, { broken: true }).catch(() => undefined);
    expect(JSON.parse(await readFile(join(code, "wishes.json"), "utf8"))).toMatchObject({ name: "two" });
    await expect(readdir(join(options.dataDir, "incoming"))).resolves.toEqual([]);
    await agents.stop(id);
    expect(await exists(code)).toBe(false);
    await expect(readdir(join(options.dataDir, "registry"))).resolves.toEqual([]);
  });

  it("gives secrets as environment, but none of a reserved name (OKEN-D35)", async () => {
    const { agents, deploy, call, mask, log } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { API_KEY: "sesame street", PORT: "1", PATH: "/nowhere", OKEN_ENTRYPOINT: "x" } });
    const { output } = await call(id, { environment: true });
    expect(output["environment"]).toMatchObject({ API_KEY: "sesame street" });
    expect(output["environment"]).not.toMatchObject({ PATH: "/nowhere" });
    expect(output["environment"]).not.toHaveProperty("OKEN_ENTRYPOINT", "x");
    expect(mask(id, "sesame street")).toBe("********");
    await agents.stop(id);
    expect(mask(id, "sesame street")).toBe("sesame street");
    expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining("PORT,PATH,OKEN_ENTRYPOINT") }));
  });

  it("masks secrets in an agent's last words", async () => {
    const { agents, deploy, log } = await openPool();
    const id = agentId();
    const { error } = await deploy(id, { secrets: { BOOT: "exit", WORDS: "sesame street" } });
    expect(error).toContain("********");
    const said = JSON.stringify([error, agents.list(), log]);
    expect(said).not.toContain("sesame street");
  });

  it("writes no secret to the data directory", async () => {
    const { options, deploy } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { API_KEY: "sesame street" } });
    const record = await readFile(join(options.dataDir, "registry", `${id}.json`), "utf8");
    expect(record).toContain("API_KEY");
    expect(record).not.toContain("sesame");
  });

  it("refuses more agents than may be", async () => {
    const { deploy } = await openPool(poolPlace({ maxAgents: 1 }));
    const id = agentId();
    await deploy(id);
    await expect(deploy(agentId())).rejects.toMatchObject({ code: "REFUSED" });
    await expect(deploy(id)).resolves.toMatchObject({ status: "running" });
  });

  it("leaves a foreign container of the same name alone (OKEN-D21, T47)", async () => {
    const { docker, baseImage } = engine();
    const id = agentId();
    const foreign = await docker.createContainer({ name: `oken-${id}`, Image: baseImage, Cmd: ["true"] });
    try {
      const { deploy, call, agents } = await openPool();
      await expect(deploy(id)).resolves.toMatchObject({ status: "running" });
      await expect(call(id)).resolves.toMatchObject({ status: 200 });
      await agents.stop(id);
      await expect(foreign.inspect()).resolves.toMatchObject({ Name: `/oken-${id}` });
    } finally {
      await foreign.remove({ force: true });
    }
  });

  it("says why a container cannot be made (T48, T146)", async () => {
    const { deploy, status } = await openPool(poolPlace({ memoryBytes: 1_000 }));
    const id = agentId();
    await expect(deploy(id)).rejects.toMatchObject({
      code: "CONTAINER_ERROR",
      message: expect.stringContaining("Failed to start container: "),
    });
    expect(status(id)).toBe("error");
  });
});

describeWithEngine("a stop", () => {
  it("forgets the agent and removes its container (T49, T151, T152)", async () => {
    const { agents, deploy, call, containers } = await openPool();
    const id = agentId();
    await deploy(id);
    await agents.stop(id);
    expect(agents.list()).toEqual([]);
    await expect(containers()).resolves.toEqual([]);
    await expect(call(id)).rejects.toMatchObject({ code: "AGENT_NOT_FOUND" });
    await expect(agents.stop(id)).rejects.toMatchObject({ code: "AGENT_NOT_FOUND" });
  });

  it("does not mind that the container is gone already (T50)", async () => {
    const { agents, deploy, containers } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 300 });
    await engine().docker.getContainer(`oken-${id}`).remove({ force: true });
    await agents.stop(id);
    await expect(containers()).resolves.toEqual([]);
  });

  it("ends a deployment that is under way", async () => {
    const { agents, deploy, status, containers } = await openPool();
    const id = agentId();
    const deploying = deploy(id, { buildMs: 60_000 });
    await expect.poll(() => status(id)).toBe("building");
    const failure = expect(deploying).rejects.toMatchObject({ message: expect.stringContaining("was stopped") });
    await agents.stop(id);
    await failure;
    expect(agents.list()).toEqual([]);
    await expect(containers()).resolves.toEqual([]);
  });

  it("lets the id be deployed again at once", async () => {
    const { agents, deploy, call } = await openPool();
    const id = agentId();
    await deploy(id, { secrets: { VERSION: "one" } });
    const stopping = agents.stop(id);
    const deploying = deploy(id, { secrets: { VERSION: "two" } });
    await Promise.all([stopping, deploying]);
    await expect(call(id)).resolves.toMatchObject({ output: { version: "two" } });
  });
});
