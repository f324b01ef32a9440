import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

type Verdict = "holds" | "broken" | "does not apply";
interface Row {
  readonly point: string;
  readonly verdict: string;
  readonly reason: string;
}

const root = path.join(import.meta.dirname, "../../../..");
const ROW = /^\| (.+?) \| (holds|broken|does not apply) \| (.*) \|$/gm;
/** What was found of each suite, by its title. */
let found: ReadonlyMap<string, readonly Row[]>;

const pointsOf = (suite: string, wanted: Verdict) =>
  found.get(suite)?.flatMap(({ point, verdict }) => (verdict === wanted ? [point] : []));
/** @param wanted How the point begins. */
const reasonOf = (suite: string, wanted: string) =>
  found.get(suite)?.find(({ point }) => point.startsWith(wanted))?.reason;

beforeAll(async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "leasehold-broken-"));
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
  found = rowsOf(await readFile(file, "utf8"));
  await rm(directory, { recursive: true });
}, 240_000);

describe("the suites", () => {
  it("name every point that a plugin breaks", () => {
    expect(pointsOf("plugin broken", "holds")).toEqual([]);
    expect(pointsOf("executor broken", "holds")).toEqual([]);
    expect(pointsOf("plugin broken", "broken")).toContain("does not meet itself in another runner");
    expect(pointsOf("executor broken", "broken")).toContain("ends its runs with the runner");
    expect(pointsOf("executor broken", "broken")).toHaveLength(9);
    expect(pointsOf("executor broken", "does not apply")).toHaveLength(2);
  });

  it("find nothing wrong with an executor that does all of it", () => {
    expect(pointsOf("executor good", "broken")).toEqual([]);
    expect(pointsOf("executor good", "holds")).toHaveLength(7);
  });

  it.each([
    "ends a run that is stopped",
    "ends a run that is stopped after a while",
    "ends a run whose time is up",
    "ends its runs with the runner",
    "leaves no temporary files",
  ])("tell an executor that is deaf what to do: %s", (point) => {
    expect(reasonOf("executor deaf", point)).toBe(
      "it gave no outcome within 5 s after the run was told to end: give `run.signal` to whatever it waits for",
    );
  });

  it("find an executor that becomes deaf after a while", () => {
    expect(pointsOf("executor deaf-later", "holds")).toContain("ends a run that is stopped");
    expect(pointsOf("executor deaf-later", "broken")).toContain("ends a run that is stopped after a while");
  });

  it("find a run that was to go on and did not", () => {
    const reason = reasonOf("executor soon-over", "ends a run that is stopped after a while");
    expect(reason).toContain("the run that was to go on has ended");
  });

  it("want a failure to be the executor's own, and no throw", () => {
    const point = "says why a run failed";
    expect(reasonOf("executor deaf", point)).toContain("the run was taken by bystander");
    expect(reasonOf("executor deaf-later", point)).toContain("the run came to no executor");
    expect(reasonOf("executor soon-over", point)).toContain("answer failed({ code, message }) instead");
  });

  it("say how large a result is, and how large it may be", () => {
    expect(reasonOf("executor broken", "keeps to the limit of output")).toContain(
      "the result has 100000 bytes, where run.limits.outputBytes is 4096",
    );
  });

  it("find options that hold for all runners of a process", () => {
    const point = "keeps its options apart from those in another runner";
    expect(pointsOf("plugin first-options", "broken")).toEqual([point]);
    expect(pointsOf("plugin broken", "does not apply")).toEqual([point]);
  });
});

function rowsOf(report: string): Map<string, Row[]> {
  const suites = report.split(/^## /m).slice(1);
  return new Map(
    suites.map((text) => {
      const rows = [...text.matchAll(ROW)].map(([, point = "", verdict = "", reason = ""]) => ({
        point,
        verdict,
        reason,
      }));
      return [text.slice(0, text.indexOf("\n")), rows];
    }),
  );
}
