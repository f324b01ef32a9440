import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfigFile } from "../../../core/src/config/config-file.ts";

describe("loadConfigFile", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "leasehold-config-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("finds the file in the working directory or above", async () => {
    const cwd = path.join(directory, "a", "b");
    await mkdir(cwd, { recursive: true });
    await write("runner.config.mjs", "export default { profile: 'found' }");
    const found = await loadConfigFile({ cwd, env: {} });
    expect(found).toEqual({ file: path.join(directory, "runner.config.mjs"), config: { profile: "found" } });
  });

  it("prefers TypeScript", async () => {
    await write("runner.config.js", "export default { profile: 'js' }");
    await write("runner.config.ts", "const profile: string = 'ts'; export default { profile }");
    expect((await loadConfigFile({ cwd: directory, env: {} })).config).toEqual({ profile: "ts" });
  });

  it("takes the named file relative to the working directory", async () => {
    await write("other.mjs", "export default { profile: 'other' }");
    expect((await loadConfigFile({ named: "other.mjs", cwd: directory, env: {} })).config).toEqual({
      profile: "other",
    });
  });

  it("calls a configuration in function form with environment and mode", async () => {
    await write("runner.config.mjs", "export default async ({ env, mode }) => ({ profile: env.WHO + ' ' + mode })");
    const load = (env: Record<string, string>) => loadConfigFile({ cwd: directory, env });
    expect((await load({ WHO: "me" })).config).toEqual({ profile: "me production" });
    expect((await load({ WHO: "me", NODE_ENV: "test" })).config).toEqual({ profile: "me test" });
  });

  it.each([
    ["a file that throws", "throw new Error('no licence')", "no licence"],
    ["a file without default export", "export const config = {}", "no default export"],
    ["a function that throws", "export default () => { throw new Error('no mode') }", "no mode"],
  ])("says why %s cannot be loaded", async (_case, text, problem) => {
    await write("runner.config.mjs", text);
    await expect(loadConfigFile({ cwd: directory, env: {} })).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      message: expect.stringContaining(problem),
    });
  });

  it.each(["export default () => new Promise(() => {})", "await new Promise(() => {}); export default {}"])(
    "gives up a file that is never evaluated: %s",
    async (text) => {
      await write("runner.config.mjs", text);
      await expect(loadConfigFile({ cwd: directory, env: {} }, 0.01)).rejects.toMatchObject({
        code: "CONFIG_UNREADABLE",
        message: expect.stringContaining("not evaluated within 0.01 s"),
      });
    },
  );

  it("tells a file that is missing from none found", async () => {
    await expect(loadConfigFile({ named: "gone.ts", cwd: directory, env: {} })).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
    });
    await expect(loadConfigFile({ cwd: directory, env: {} })).rejects.toMatchObject({ code: "CONFIG_NOT_FOUND" });
  });

  async function write(name: string, text: string): Promise<void> {
    await writeFile(path.join(directory, name), text);
  }
});
