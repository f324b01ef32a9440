import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWithEngine, engine } from "../plugins/docker-oken/engine.ts";

const ROOT = join(import.meta.dirname, "../..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
/** One that needs an engine, and little time. */
const ENGINE_TEST = "test/plugins/docker-oken/engine.test.ts";
const MS = 120_000;

describeWithEngine("npm run engine -- up", () => {
  it("prints the one line that a shell evaluates, where an engine answers already", { timeout: MS }, async () => {
    const { host: DOCKER_HOST } = engine();
    const { code, stdout, stderr } = await run(["tools/engine.ts", "up"], { DOCKER_HOST });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^export DOCKER_HOST=\S+ OKEN_BASE_IMAGE=\S+\n$/);
    expect(stdout).toContain(`DOCKER_HOST=${DOCKER_HOST} `);
  });

  it("says how it is called, and prints nothing to evaluate", { timeout: MS }, async () => {
    const { code, stdout, stderr } = await run(["tools/engine.ts", "sideways"], {});
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("up | down");
  });
});

describe("tests that need an engine, where there is none", () => {
  const nowhere = { DOCKER_HOST: "unix:///nowhere/docker.sock", OKEN_BASE_IMAGE: "none:1" };

  it("are skipped, with one line that says why", { timeout: MS }, async () => {
    const { code, stdout, stderr } = await run([VITEST, "run", ENGINE_TEST], nowhere);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/Docker tests are skipped: .*ENOENT/g)).toHaveLength(1);
    expect(stdout).toMatch(/0 passed, 0 failed, 1 skipped/);
  });

  it("fail where they are required", { timeout: MS }, async () => {
    const env = { ...nowhere, LEASEHOLD_DOCKER_TESTS: "required" };
    const { code, stdout, stderr } = await run([VITEST, "run", ENGINE_TEST], env);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("Docker tests are required here, but");
    expect(stdout).toMatch(/0 passed, 1 failed, 0 skipped/);
  });
});

function run(words: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = "", HOME = "/" } = process.env;
  const options = { cwd: ROOT, env: { PATH, HOME, NO_COLOR: "1", ...env } };
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [...words], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
