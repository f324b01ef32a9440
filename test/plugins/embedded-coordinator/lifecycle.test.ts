import { expect, test } from "vitest";
import { claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

type Runners = { runners: Texts[] };

async function timed() {
  const time = { now: Date.UTC(2026, 2, 4) };
  const coordinator = await started({}, { now: () => time.now });
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const pass = (seconds: number) => {
    time.now += seconds * 1000;
    coordinator.checkLifecycle();
  };
  const states = async () => (await coordinator.get<Runners>("/runners")).body.runners.map(({ status }) => status);
  return { coordinator, pass, states };
}

test("a silent runner becomes stale, then goes with its agents and its runs", async () => {
  const { coordinator, pass, states } = await timed();
  const { run_id, session_id } = await claimedRun(coordinator);
  pass(119);
  expect(await states()).toEqual(["online"]);
  pass(2);
  expect(await states()).toEqual(["stale"]);
  pass(470);
  expect(await states()).toEqual(["stale"]);
  pass(10);
  expect(await states()).toEqual([]);
  expect((await coordinator.get("/agents/echo")).status).toBe(404);
  expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({
    status: "failed",
    error: "Runner disconnected during execution",
  });
  expect((await coordinator.get(`/sessions/${session_id}/status`)).body).toEqual({ status: "failed" });
});

test("heartbeats keep a runner online", async () => {
  const { coordinator, pass, states } = await timed();
  for (let beat = 0; beat < 12; beat += 1) {
    pass(100);
    await coordinator.post("/runner/heartbeat", { runner_id: ECHO_ID });
  }
  expect(await states()).toEqual(["online"]);
});

test("an open poll ends when its runner is removed", async () => {
  const { coordinator, pass } = await timed();
  const open = coordinator.get(POLL);
  await coordinator.polling(ECHO_ID);
  pass(601);
  expect((await open).status).toBe(204);
});

test("a run nobody takes fails, and its session stays pending", async () => {
  const { coordinator, pass } = await timed();
  const { run_id, session_id } = (await coordinator.post("/runs", ECHO_RUN)).body;
  pass(299);
  expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "pending" });
  pass(2);
  expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({
    status: "failed",
    error: "No matching runner available within timeout",
  });
  expect((await coordinator.get(`/sessions/${session_id}/status`)).body).toEqual({ status: "pending" });
});

test("a claimed run is past the timeout's reach", async () => {
  const { coordinator, pass } = await timed();
  const { run_id } = await claimedRun(coordinator);
  pass(301);
  expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "claimed" });
});

test("the checks run by themselves", async () => {
  const coordinator = await started({ lifecycleIntervalSeconds: 0.01, noMatchTimeoutSeconds: 0.01 });
  await coordinator.post("/runs", { type: "start_session", parameters: { prompt: "x" } });
  const stream = await fetch(`${coordinator.url}/sse/sessions`);
  const { runs } = (await coordinator.get<{ runs: Texts[] }>("/runs")).body;
  // The stream began after the run was queued; either the run has failed already or the stream tells.
  if (runs[0]?.["status"] === "pending") {
    for await (const chunk of stream.body ?? []) if (Buffer.from(chunk).includes("run_failed")) break;
  } else {
    await stream.body?.cancel();
  }
  expect((await coordinator.get("/runs?status=failed")).body["runs"]).toHaveLength(1);
});

test("the reaper ends old sessions whose runner has gone", async () => {
  const { coordinator, pass } = await timed();
  const bound = { executor_session_id: "e", hostname: "h", executor_profile: "p" };
  const sessions: Record<string, string | undefined> = {};
  for (const state of ["running", "idle", "stopping"]) {
    const { run_id, session_id } = await claimedRun(coordinator);
    sessions[state] = session_id;
    await coordinator.post(`/sessions/${session_id}/bind`, bound);
    if (state === "stopping") await coordinator.post(`/sessions/${session_id}/stop`);
    if (state !== "idle") continue;
    await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID, session_status: "idle" });
  }
  const status = async (state: string) => (await coordinator.get(`/sessions/${sessions[state]}/status`)).body["status"];
  pass(121);
  coordinator.reap();
  expect(await status("stopping")).toBe("stopping");
  await coordinator.get(POLL);
  await coordinator.remove(`/runners/${ECHO_ID}`);
  await coordinator.get(POLL);
  coordinator.reap();
  expect([await status("running"), await status("idle"), await status("stopping")]).toEqual([
    "running",
    "idle",
    "stopped",
  ]);
  pass(780);
  coordinator.reap();
  expect([await status("running"), await status("idle")]).toEqual(["failed", "finished"]);
});
