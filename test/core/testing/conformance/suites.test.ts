import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

const root = path.join(import.meta.dirname, "../../../..");
/** What a plugin that breaks everything keeps by accident. */
const KEPT = ["ends its runs with the runner"];

it("the suites name every point that a plugin breaks", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "leasehold-broken-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = path.join(directory, "report.md");
  const vitest = path.join(root, "node_modules/.bin/vitest");
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    TMPDIR: directory,
    LEASEHOLD_CONFORMANCE_REPORT: file,
  };
  const config = path.join(root, "test/fixtures/conformance/vitest.config.ts");
  const ended = promisify(execFile)(vitest, ["run", "--root", root, "--config", config], { env, cwd: root });
  await expect(ended).rejects.toThrow();
  const rows = [...(await readFile(file, "utf8")).matchAll(/^\| (.+?) \| (holds|broken|does not apply) \| (.*) \|$/gm)];
  const points = (verdict: string) => rows.filter(([, , found]) => found === verdict).map(([, point]) => point);
  expect(points("holds").filter((point) => !KEPT.includes(point ?? ""))).toEqual([]);
  expect(points("broken")).toContain("does not meet itself in another runner");
  expect(points("broken").length).toBeGreaterThanOrEqual(10);
  expect(points("does not apply")).toHaveLength(2);
}, 240_000);
