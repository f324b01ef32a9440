import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startEmbeddedCoordinator } from "../../../plugins/embedded-coordinator/src/index.ts";
import { claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

const reporter = { runner_id: ECHO_ID };

async function dataFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "embedded-coordinator-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "coordinator.db");
}

describe("a data file", () => {
  test("keeps everything but the runners", async () => {
    const data = await dataFile();
    const first = await started({ data });
    await first.post("/runner/register", ECHO_RUNNER);
    await first.post("/scripts", { name: "s", description: "d", script_file: "f", script_content: "c" });
    await first.post("/agents", { name: "a", description: "d", type: "procedural", script: "s" });
    await first.get(POLL);
    const { run_id, session_id } = await claimedRun(first);
    await first.post(`/runner/runs/${run_id}/started`, reporter);
    const waiting = (await first.post("/runs", ECHO_RUN)).body["run_id"];
    await first.close();

    const second = await started({ data });
    expect((await second.get(POLL)).status).toBe(401);
    expect((await second.get("/agents/echo")).status).toBe(404);
    expect((await second.get("/agents/a")).status).toBe(200);
    await second.post("/runner/register", ECHO_RUNNER);
    expect((await second.get(POLL)).body).toEqual({ sync_scripts: ["s"], remove_scripts: [] });
    await second.post(`/runner/runs/${run_id}/completed`, reporter);
    expect((await second.get(`/runs/${run_id}`)).body).toMatchObject({ status: "completed" });
    expect((await second.get(`/sessions/${session_id}/status`)).body).toEqual({ status: "finished" });
    expect((await second.get<{ run: Texts }>(POLL)).body.run["run_id"]).toBe(waiting);
  });

  test("serves one coordinator at a time", async () => {
    const data = await dataFile();
    const first = await started({ data });
    await expect(startEmbeddedCoordinator({ port: 0, data })).rejects.toThrow(/cannot use .*locked.*no other/);
    await first.close();
    await started({ data });
  });

  test("that holds something else is refused", async () => {
    const data = await dataFile();
    await writeFile(data, "this is a letter to somebody, not a database ".repeat(100));
    await expect(startEmbeddedCoordinator({ port: 0, data })).rejects.toThrow(`cannot use "${data}"`);
    await expect(startEmbeddedCoordinator({ port: 0, data: "/nowhere/at/all" })).rejects.toThrow("cannot use");
  });

  test("is freed when the port is taken", async () => {
    const data = await dataFile();
    const { port } = await started();
    await expect(startEmbeddedCoordinator({ port, data })).rejects.toThrow("EADDRINUSE");
    await started({ data });
  });
});

describe("recovery at the start", () => {
  /** Leaves a claimed, a running and a stopping run behind and starts again some seconds later. */
  async function restarted(later: number, runRecoveryMode: "stale" | "all" | "none") {
    const data = await dataFile();
    const begin = Date.UTC(2026, 2, 4);
    const first = await started({ data }, { now: () => begin });
    await first.post("/runner/register", ECHO_RUNNER);
    const runs: Record<string, Texts> = {};
    for (const state of ["claimed", "running", "stopping"]) runs[state] = await claimedRun(first);
    await first.post(`/runner/runs/${runs["running"]?.["run_id"]}/started`, reporter);
    await first.post(`/runs/${runs["stopping"]?.["run_id"]}/stop`);
    await first.close();
    const second = await started({ data, runRecoveryMode }, { now: () => begin + later * 1000 });
    second.checkLifecycle();
    const look = async (state: string) => (await second.get(`/runs/${runs[state]?.["run_id"]}`)).body;
    const session = async (state: string) =>
      (await second.get(`/sessions/${runs[state]?.["session_id"]}/status`)).body["status"];
    return { look, session };
  }

  const FAILED = { status: "failed", error: "Coordinator restarted during execution" };

  test.each([
    ["stale", 310],
    ["all", 1],
    ["all", 310],
  ] as const)("in mode %s settles what is %d s old", async (mode, later) => {
    const { look, session } = await restarted(later, mode);
    expect(await look("claimed")).toMatchObject({ status: "pending", runner_id: null, claimed_at: null });
    expect(await look("running")).toMatchObject(FAILED);
    expect(await session("running")).toBe("failed");
    expect(await look("stopping")).toMatchObject({ status: "stopped" });
    expect(await session("stopping")).toBe("stopped");
  });

  test("in mode stale leaves what is young, but not a stop", async () => {
    const { look } = await restarted(290, "stale");
    expect(await look("claimed")).toMatchObject({ status: "claimed", runner_id: ECHO_ID });
    expect(await look("running")).toMatchObject({ status: "running" });
    expect(await look("stopping")).toMatchObject({ status: "stopped" });
  });

  test("in mode none leaves everything", async () => {
    const { look } = await restarted(310, "none");
    for (const state of ["claimed", "running", "stopping"]) expect(await look(state)).toMatchObject({ status: state });
  });
});
