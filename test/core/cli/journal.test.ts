import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../../core/src/journal/open-journal.ts";
import { makeProject, type Project } from "./project.ts";

const CONFIG = `
import { defineConfig, definePlugin } from "leasehold";

const queue = definePlugin({
  name: "queue",
  apiVersion: 1,
  setup({ sources }) {
    sources.add({
      name: "queue",
      delivery: "durable",
      slots: 1,
      start: (feed, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
      async deliver(ref, report) {
        process.stderr.write("delivered " + JSON.stringify([ref, report.type]) + "\\n");
        return "accepted";
      },
    });
  },
});

export default defineConfig({ plugins: [queue()] });
`;

const lease = (run: string) => ({ source: "queue", run, session: `s-${run}`, ref: { run } });
const settled = { status: "failed", session: "finished", error: { code: "RUN_FAILED", message: "disk full" } } as const;
const owner = { type: "run", source: "queue", run: "one", session: "s-one" } as const;

describe("leasehold journal", () => {
  let project: Project;
  let directory: string;

  beforeAll(async () => {
    project = await makeProject(CONFIG);
    directory = path.join(project.directory, "state");
  });
  afterAll(() => project.remove());

  beforeEach(async () => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
    const { journal, end } = await openJournal(directory, pino({ level: "silent" }));
    await journal.lease(lease("one"));
    await journal.own({ kind: "thing", id: "t", data: { pid: 7 }, owner });
    await journal.owe(lease("two"), [{ type: "settled", text: "1.0" }], settled);
    await journal.owe(lease("three"), [], settled);
    await journal.close(lease("three"));
    await end();
  });

  const call = (...args: string[]) => project.call(["journal", ...args], { LEASEHOLD_STATE_DIR: directory });

  it("lists runs and resources", async () => {
    expect(await call("ls")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        directory,
        "  one  queue  s-one  unfinished  0 owed",
        "  two  queue  s-two  failed      1 owed",
        "  thing  t  run one",
        "2 runs, 1 resources; 1 delivered runs are remembered\n",
      ].join("\n"),
    });
  });

  it("lists as JSON, also while a runner has the lock", async () => {
    const { journal, end } = await openJournal(directory, pino({ level: "silent" }));
    await journal.lease(lease("four"));
    const { code, stdout } = await call("ls", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).runs.map(({ run }: { run: string }) => run)).toEqual(["one", "two", "four"]);
    expect(await call("replay")).toMatchObject({ code: 1, stderr: expect.stringContaining("STATE_DIR_LOCKED") });
    expect(await call("prune")).toMatchObject({ code: 1, stderr: expect.stringContaining("STATE_DIR_LOCKED") });
    await end();
  });

  it("shows what is owed of a run, and what it has started", async () => {
    expect((await call("show", "two")).stdout).toBe(
      [
        "two  queue  s-two  failed",
        "  error  disk full [RUN_FAILED]",
        '  ref  {"run":"two"}',
        '  owed 0  {"type":"settled","text":"1.0"}\n',
      ].join("\n"),
    );
    expect((await call("show", "one")).stdout).toContain('thing t  {"pid":7}');
  });

  it("delivers what is owed and ends", async () => {
    const { code, stdout, stderr } = await call("replay");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Reports of 2 runs were owed; those of 0 still are.\n" });
    const deliveries = stderr.split("\n").filter((line) => line.startsWith("delivered"));
    expect(deliveries.sort()).toEqual(['delivered [{"run":"one"},"settled"]', 'delivered [{"run":"two"},"settled"]']);
    expect((await call("ls", "--json")).stdout).toContain('"runs": []');
  });

  it("forgets delivered runs and damaged files, or the run that is named", async () => {
    await writeFile(path.join(directory, "journal.damaged-then"), "x");
    expect((await call("prune")).stdout).toBe("Forgot 1 runs, deleted 1 damaged files.\n");
    expect((await call("prune", "two")).stdout).toBe("Forgot 1 runs, deleted 0 damaged files.\n");
    expect(JSON.parse((await call("ls", "--json")).stdout)).toMatchObject({ runs: [{ run: "one" }], delivered: 0 });
  });

  it.each([
    [["shwo"], 2, 'journal knows ls, show, replay, prune, not "shwo"'],
    [["show", "nobody"], 2, "JOURNAL_RUN_UNKNOWN"],
    [["prune", "nobody"], 2, "JOURNAL_RUN_UNKNOWN"],
    [[], 2, "missing required argument 'act'"],
  ])("refuses %j", async (args, code, words) => {
    expect(await call(...args)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(words) });
  });

  it("says where there is no journal", async () => {
    const { code, stderr } = await project.call(["journal", "ls"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`there is no journal in ${project.directory}/.leasehold/default [JOURNAL_MISSING]`);
  });
});
