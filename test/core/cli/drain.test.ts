import type { ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ended, end, makeProject, type Project, said } from "./project.ts";

const CONFIG = `
import { existsSync } from "node:fs";
import { defineConfig, definePlugin, succeeded, stopped } from "leasehold";

const queue = definePlugin({
  name: "queue",
  apiVersion: 1,
  setup({ sources, hooks }) {
    sources.add({
      name: "queue",
      delivery: "durable",
      slots: 2,
      status: () => ({ ready: !process.env.LOST, detail: process.env.LOST ? "not registered" : "registered" }),
      async start(feed, signal) {
        if (process.env.WORK) feed.offer({ ref: 1, run: { id: "one", agent: { name: "a" }, session: { id: "s", mode: "start" }, parametersText: "{}" } }, await feed.slot());
        process.stderr.write("leasing\\n");
        await new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
      deliver: async (ref, report) => {
        if (report.type === "settled") process.stderr.write("delivered " + report.outcome.status + "\\n");
        return "accepted";
      },
      close: async () => void process.stderr.write("deregistered\\n"),
    });
    hooks.resolveEntrypoint.tap(() => ({ kind: "wait" }));
    hooks.execute.for("wait").tap((run) => new Promise((resolve) => {
      process.stderr.write("working\\n");
      process.on("SIGUSR2", () => resolve(succeeded()));
      run.signal.addEventListener("abort", () => resolve(stopped("ended")));
    }));
  },
});

export default defineConfig({ drainTimeoutSeconds: 600, plugins: [queue()] });
`;

describe("leasehold drain", () => {
  let project: Project;
  let stateDir: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    project = await makeProject(CONFIG);
    stateDir = path.join(project.directory, ".leasehold");
  });
  afterAll(() => project.remove());
  beforeEach(() => rm(stateDir, { recursive: true, force: true }));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** A runner that leases, and everything it says until its end. */
  async function running(env: Record<string, string> = {}): Promise<{ child: ChildProcess; ended: Promise<Ended> }> {
    const child = project.start(["start"], env);
    children.push(child);
    const ended = end(child);
    await said(child, env["WORK"] ? "working" : "leasing");
    return { child, ended };
  }

  /** Calls that are expected to go on for a while. */
  function calling(args: readonly string[]): ChildProcess {
    const child = project.start(args);
    children.push(child);
    return child;
  }

  it("waits until the work is done and the runner is gone", async () => {
    const { child, ended } = await running({ WORK: "1" });
    const draining = calling(["drain"]);
    const drained = end(draining);
    await printed(draining, "draining");
    child.kill("SIGUSR2");
    expect((await drained).code).toBe(0);
    expect(await ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/delivered succeeded\n(.*\n)*deregistered\n$/),
    });
  });

  it("shows progress in lines that people can read", async () => {
    const { ended } = await running();
    const { code, stdout } = await project.call(["drain"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^leasing \(pid \d+\); queue: ready, registered, 0 of 2 slots busy\n/);
    expect(stdout).toMatch(/\nended \(pid \d+\); queue: registered, 0 of 2 slots busy\n$/);
    await ended;
  });

  it("stops the work with --stop, which is reported", async () => {
    const { ended } = await running({ WORK: "1" });
    const { code, stdout } = await project.call(["drain", "--stop", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      phase: "ended",
      sources: [{ owed: 0 }],
    });
    expect(await ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/delivered stopped\n(.*\n)*deregistered\n$/),
    });
  });

  it("ends by itself when interrupted, and the runner goes on", async () => {
    const { child, ended } = await running({ WORK: "1" });
    const draining = calling(["drain"]);
    const drained = end(draining);
    await printed(draining, "draining");
    draining.kill("SIGINT");
    expect(await drained).toMatchObject({ code: 130, stderr: expect.stringContaining("the runner goes on draining") });
    child.kill("SIGUSR2");
    expect((await ended).stderr).toContain("delivered succeeded");
  });

  it("says that the runner was killed meanwhile", async () => {
    const { child } = await running({ WORK: "1" });
    const draining = calling(["drain"]);
    const drained = end(draining);
    await printed(draining, "draining");
    child.kill("SIGKILL");
    expect(await drained).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("gone before it had ended in order"),
    });
  });

  it("says that there is no runner, and has an exit code for it", async () => {
    expect(await project.call(["drain"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no runner works with"),
    });
    const { child, ended } = await running();
    child.kill("SIGKILL");
    await ended;
    expect(await project.call(["drain"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no runner works with"),
    });
    const next = await running();
    expect((await project.call(["drain"])).code).toBe(0);
    expect((await next.ended).code).toBe(0);
  });

  it("says why it cannot reach a runner whose journal is in memory", async () => {
    const { code, stderr } = await project.call(["drain"], { LEASEHOLD_JOURNAL: "memory" });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/its journal is in memory.*\n.*SIGTERM/)]);
  });

  it("is no match for a second SIGTERM, which stops the work as well", async () => {
    const { child, ended } = await running({ WORK: "1" });
    child.kill("SIGTERM");
    await said(child, "draining");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining("delivered stopped") });
  });

  it("has a health command beside it", async () => {
    expect(await project.call(["health"])).toMatchObject({ code: 3 });
    await running();
    expect(await project.call(["health"])).toMatchObject({ code: 0, stdout: expect.stringContaining("registered") });
  });

  it("lets health fail while a source is not ready", async () => {
    await running({ LOST: "1" });
    const { code, stdout } = await project.call(["health", "--json"]);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { leasing: true, sources: [{ ready: false, detail: "not registered" }] },
    ]);
  });

  it("lets doctor say who works there", async () => {
    const { child } = await running();
    const { stdout } = await project.call(["doctor"]);
    expect(stdout).toContain(`a runner works with it (pid ${child.pid}, leasing)`);
    child.kill("SIGSTOP");
    child.kill("SIGKILL");
    await once(child, "exit");
  });
});

/** Resolves when a process has written words on standard output. */
async function printed({ stdout }: ChildProcess, words: string): Promise<void> {
  let seen = "";
  for await (const [chunk] of on(stdout as NonNullable<typeof stdout>, "data", { close: ["end"] })) {
    seen += String(chunk);
    if (seen.includes(words)) return;
  }
  throw new Error(`it never wrote "${words}" but: ${seen}`);
}
