import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addProfileFiles } from "../../../core/src/profiles/add-profile-files.ts";
import { readProfilesDir } from "../../../core/src/profiles/profile-files.ts";
import { ProfileRegistry } from "../../../core/src/profiles/profile-registry.ts";

describe("readProfilesDir", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "leasehold-profiles-"));
    await write("executors/procedural/exec", "");
    await write("agents/hi.json", JSON.stringify({ name: "hi", command: "scripts/hi" }));
    await mkdir(path.join(root, "profiles"));
  });
  afterEach(() => rm(root, { recursive: true }));

  it("reads a profile relative to the directory's parent", async () => {
    await write(
      "profiles/hello.json",
      JSON.stringify({
        type: "procedural",
        command: "executors/procedural/exec",
        config: { a: 1 },
        agents_dir: "agents",
        lifecycle: "persistent",
        further: true,
      }),
    );
    const { profiles, broken } = await read();
    expect(broken).toEqual([]);
    expect(profiles).toEqual([
      {
        name: "hello",
        directory: path.join(root, "executors/procedural"),
        executor: {
          type: "procedural",
          command: "executors/procedural/exec",
          config: { a: 1 },
          agents_dir: "agents",
          lifecycle: "persistent",
        },
        agents: [{ name: "hi", command: "scripts/hi", blueprint: expect.anything() }],
        readFrom: [path.join(root, "profiles/hello.json"), path.join(root, "agents")],
      },
    ]);
  });

  it("defaults config and lifecycle and takes a missing agents directory as empty", async () => {
    await writeProfile("bare", { agents_dir: "nowhere" });
    expect((await read()).profiles).toMatchObject([
      { name: "bare", executor: { config: {}, lifecycle: "one_shot", agents_dir: "nowhere" }, agents: [] },
    ]);
  });

  it("answers broken files without giving up the good ones", async () => {
    await writeProfile("good", {});
    await writeProfile("absent", { command: "executors/none" });
    await writeProfile("typeless", { type: undefined });
    await writeProfile(" odd name", {});
    await write("profiles/torn.json", "{");
    await write("broken-agents/a.json", "[]");
    await writeProfile("agents", { agents_dir: "broken-agents" });
    const { profiles, broken } = await read();
    expect(profiles.map(({ name }) => name)).toEqual(["good"]);
    expect(Object.fromEntries(broken.map(({ name, fault }) => [name, fault.message]))).toEqual({
      absent: expect.stringContaining(`its command does not exist: ${root}/executors/none`),
      typeless: expect.stringContaining('"type"'),
      " odd name": expect.stringContaining('"name"'),
      torn: expect.stringContaining("JSON"),
      agents: expect.stringContaining(`${root}/broken-agents/a.json`),
    });
  });

  it("refuses a directory that cannot be listed", async () => {
    await expect(readProfilesDir(path.join(root, "none"))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("makes a broken file a fault only for whoever asks for it", async () => {
    await write("profiles/torn.json", "{");
    const profilesDir = path.join(root, "profiles");
    expect(await addProfileFiles({ profilesDir, profile: "other" }, new ProfileRegistry("other"))).toEqual([]);
    expect(await addProfileFiles({ profilesDir, profile: "torn" }, new ProfileRegistry("torn"))).toMatchObject([
      { code: "PROFILE_INVALID" },
    ]);
  });

  function read() {
    return readProfilesDir(path.join(root, "profiles"));
  }

  function writeProfile(name: string, members: object): Promise<void> {
    const profile = { type: "procedural", command: "executors/procedural/exec", ...members };
    return write(`profiles/${name}.json`, JSON.stringify(profile));
  }

  async function write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
});
