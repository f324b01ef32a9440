import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { defineProfile, type Plugin, type Profile } from "leasehold";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfiguration } from "../../../core/src/config/configuration.ts";
import { resolveConfig } from "../../../core/src/config/resolve-config.ts";
import { createLogger } from "../../../core/src/log/create-logger.ts";
import { bootRunner } from "../../../core/src/runner.ts";

describe("defineProfile", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "leasehold-profile-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("offers a profile with its agents in place", async () => {
    const executor = { type: "procedural", command: "run", config: { a: 1 } };
    const agents = [{ name: "b", command: "bin/b" }];
    const [profile] = await boot(defineProfile({ name: "p", directory, executor, agents, timeoutSeconds: 7 }));
    expect(profile).toEqual({
      name: "p",
      directory,
      executor,
      timeoutSeconds: 7,
      agents: [{ name: "b", command: "bin/b" }],
    });
  });

  it("is for programs unless it says otherwise", async () => {
    const [profile] = await boot(defineProfile({ name: "p", directory, agents: [] }));
    expect(profile?.executor).toEqual({ type: "procedural" });
  });

  it("reads a folder of agent files", async () => {
    await writeAgent("two.json", { name: "two", description: null, command: "c", timeout_seconds: 3, tags: ["x"] });
    await writeAgent("one.json", { name: "one", description: "First", parameters_schema: { type: "object" } });
    await writeFile(path.join(directory, "notes.txt"), "not an agent");
    const url = pathToFileURL(`${directory}/`);
    const [profile] = await boot(
      defineProfile({ name: "p", directory: url, executor: { type: "procedural" }, agentsDir: url }),
    );
    expect(profile?.directory).toBe(directory);
    expect(profile?.agents).toMatchObject([
      { name: "one", description: "First", parametersSchema: { type: "object" } },
      { name: "two", command: "c", timeoutSeconds: 3, blueprint: { tags: ["x"] } },
    ]);
  });

  it("names every broken agent file", async () => {
    await writeAgent("nameless.json", { command: "c", timeout_seconds: "soon" });
    await writeFile(path.join(directory, "torn.json"), "{");
    const profile = defineProfile({ name: "p", directory, executor: { type: "x" }, agentsDir: directory });
    const message = await boot(profile).catch((error: Error) => error.message);
    expect(message).toContain(`agent file ${directory}/nameless.json: "name": Invalid input`);
    expect(message).toContain('"timeout_seconds": Invalid input');
    expect(message).toContain(`agent file ${directory}/torn.json: `);
  });

  it.each([
    ["a name that is no file name", { name: "../up" }, '"name"'],
    ["a relative directory", { directory: "here" }, "not an absolute path"],
    ["an executor without type", { executor: { type: "" } }, '"executor.type"'],
    ["two agents of one name", { agents: [{ name: "a" }, { name: "a" }] }, 'two agents are named "a"'],
    ["a variable that is none", { env: { "A B": "x" } }, '"env.A B"'],
  ])("refuses %s", async (_case, wrong, problem) => {
    const profile = defineProfile({ name: "p", directory, executor: { type: "x" }, agents: [], ...wrong });
    await expect(boot(profile)).rejects.toThrow(problem);
  });

  async function writeAgent(name: string, agent: unknown): Promise<void> {
    await writeFile(path.join(directory, name), JSON.stringify(agent));
  }

  async function boot(plugin: Plugin): Promise<readonly Profile[]> {
    const configuration = readConfiguration({ file: path.join(directory, "x.ts"), config: { plugins: [plugin] } });
    const config = await resolveConfig(configuration, { env: {}, flags: new Map(), cwd: directory });
    const runner = await bootRunner({ ...config, log: createLogger({ verbose: false }) });
    await runner.close();
    return runner.profiles;
  }
});
