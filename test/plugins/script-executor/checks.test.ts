import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type CheckContext, type CheckResult, SecretStore } from "leasehold";
import { expect, it } from "vitest";
import { checks } from "../../../plugins/script-executor/src/checks.ts";
import { quiet } from "../coordinator/test-source.ts";
import { manifestOf, temporaryDirectory } from "./archives.ts";

async function run(name: string, projectDir: string): Promise<CheckResult | readonly CheckResult[] | undefined> {
  const stream = new PassThrough();
  const limits = { timeoutSeconds: 1, graceSeconds: 1, drainTimeoutSeconds: 1, outputBytes: 1 };
  const context: CheckContext = {
    runner: undefined,
    pluginOptions: {},
    coreOptions: {
      projectDir,
      projectRoots: [projectDir],
      ...limits,
      journal: "memory",
      redactResults: false,
      verbose: false,
    },
    projectDir,
    configFile: join(projectDir, "runner.config.ts"),
    stdout: stream,
    stderr: stream,
    log: quiet,
    secrets: new SecretStore().runner,
    signal: new AbortController().signal,
  };
  return checks.find((check) => check.name === name)?.run(context);
}

async function install(projectDir: string, name: string, content: string, mode = 0o755): Promise<void> {
  await mkdir(join(projectDir, "scripts", name), { recursive: true });
  await writeFile(join(projectDir, "scripts", name, "script.json"), manifestOf(name));
  await writeFile(join(projectDir, "scripts", name, "run.sh"), content, { mode });
}

it("a project directory without scripts is fine, and stays as it is", async () => {
  const projectDir = await temporaryDirectory();
  expect(await run("scripts directory", projectDir)).toEqual({ ok: true, detail: join(projectDir, "scripts") });
  expect(await run("scripts", projectDir)).toEqual({ ok: true, detail: "none installed" });
  expect(await readdir(projectDir)).toEqual([]);
});

it("a place where no scripts can be written is named", async () => {
  const projectDir = join(await temporaryDirectory(), "missing");
  expect(await run("scripts directory", projectDir)).toMatchObject({
    ok: false,
    problem: expect.stringMatching(`^${projectDir} cannot be written to: ENOENT`),
    fix: expect.stringMatching(/PROJECT_DIR/),
  });
});

it("scripts that can be run are listed", async () => {
  const projectDir = await temporaryDirectory();
  await install(projectDir, "a", "#!/bin/sh\n");
  expect(await run("scripts", projectDir)).toEqual({ ok: true, detail: "a" });
});

it("files beside the scripts are nobody's business", async () => {
  const projectDir = await temporaryDirectory();
  await install(projectDir, "a", "#!/bin/sh\n");
  await writeFile(join(projectDir, "scripts", "build.sh"), "#!/bin/sh\n");
  expect(await run("scripts", projectDir)).toEqual({ ok: true, detail: "a" });
});

it("each script that cannot be run is named with the reason", async () => {
  const projectDir = await temporaryDirectory();
  await install(projectDir, "a", "#!/usr/bin/env -S no-such-tool run\n");
  await install(projectDir, "b", "#!/bin/sh\n", 0o644);
  await mkdir(join(projectDir, "scripts/c"));
  await symlink("nowhere", join(projectDir, "scripts/d"));
  const result = await run("scripts", projectDir);
  expect(result).toMatchObject({ ok: false });
  const { problem } = result as { problem: string };
  expect(problem).toMatch(/needs the interpreter 'no-such-tool'.*demand the tag 'no-such-tool'/);
  expect(problem).toMatch(/script 'b': EACCES/);
  expect(problem).toMatch(/script 'c' has no script.json in /);
  expect(problem).toMatch(/script 'd' has no script.json in /);
});
