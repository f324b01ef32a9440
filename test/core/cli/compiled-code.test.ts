import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeProject, type Project } from "./project.ts";

const CONFIG = 'const mode: string = "memory";\nexport default { journal: mode, plugins: [] };\n';

describe("compiled code", () => {
  let project: Project;
  let home: string;
  beforeAll(async () => {
    project = await makeProject(CONFIG);
  });
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "leasehold-home-"));
    return () => rm(home, { recursive: true, force: true });
  });
  afterAll(() => project.remove());

  const compiled = (cache = path.join(home, ".cache")) => path.join(cache, "leasehold", "compiled");
  const kept = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

  it("is kept below the user's cache directory, for this user alone", async () => {
    expect((await project.call(["config"], { HOME: home })).code).toBe(0);
    expect((await stat(compiled())).mode & 0o777).toBe(0o700);
    expect(await kept(compiled())).toHaveLength(1);
  });

  it("is kept where XDG_CACHE_HOME says", async () => {
    const cache = path.join(home, "elsewhere");
    await project.call(["config"], { HOME: home, XDG_CACHE_HOME: cache });
    expect(await kept(compiled(cache))).toHaveLength(1);
    expect(await kept(compiled())).toEqual([]);
  });

  it("is kept where NODE_COMPILE_CACHE says", async () => {
    const cache = path.join(home, "node's");
    await project.call(["config"], { HOME: home, NODE_COMPILE_CACHE: cache });
    expect(await kept(cache)).toHaveLength(1);
    expect(await kept(compiled())).toEqual([]);
  });

  it("is not kept where it is switched off", async () => {
    await project.call(["config"], { HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" });
    expect(await kept(compiled())).toEqual([]);
  });

  it("is not kept where others may write", async () => {
    await mkdir(compiled(), { recursive: true });
    await chmod(compiled(), 0o777);
    expect((await project.call(["config"], { HOME: home })).code).toBe(0);
    expect(await kept(compiled())).toEqual([]);
  });

  it("is missed by nobody where the directory cannot be made", async () => {
    const file = path.join(home, "file");
    await writeFile(file, "");
    const { code, stderr } = await project.call(["config"], { HOME: path.join(file, "home") });
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("follows a configuration that has changed", async () => {
    const call = () => project.call(["config", "--json"], { HOME: home });
    await call();
    await project.write("runner.config.ts", CONFIG.replace("memory", "durable"));
    expect((await call()).stdout).toContain("durable");
    await project.write("runner.config.ts", CONFIG);
    expect((await call()).stdout).toContain("memory");
  });
});
