import { describe, expect, test } from "vitest";
import { claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

const reporter = { runner_id: ECHO_ID };

async function registered(options: Parameters<typeof started>[0] = {}) {
  const coordinator = await started(options);
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const stop = (session: string | undefined) => coordinator.post(`/sessions/${session}/stop`);
  const status = async (session: string | undefined) =>
    (await coordinator.get(`/sessions/${session}/status`)).body["status"];
  return { coordinator, stop, status };
}

describe("a stop", () => {
  test("cancels a run nobody has taken", async () => {
    const { coordinator, stop, status } = await registered({ pollTimeoutSeconds: 0.02 });
    const { run_id, session_id } = (await coordinator.post("/runs", ECHO_RUN)).body;
    expect(await stop(session_id)).toMatchObject({
      status: 200,
      body: { ok: true, run_id, session_id, status: "stopped", message: "Run cancelled before execution" },
    });
    expect(await status(session_id)).toBe("stopped");
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "stopped" });
    expect((await coordinator.get(POLL)).status).toBe(204);
  });

  test("may name the run instead of the session", async () => {
    const { coordinator } = await registered();
    const { run_id, session_id } = await claimedRun(coordinator);
    expect((await coordinator.post(`/runs/${run_id}/stop`)).body).toMatchObject({ session_id, status: "stopping" });
    expect((await coordinator.get(POLL)).body).toEqual({ stop_sessions: [session_id] });
    expect(await coordinator.post("/runs/run_0/stop")).toMatchObject({
      status: 404,
      body: { detail: "Run not found" },
    });
  });

  test("is queued once however often it is asked for", async () => {
    const { coordinator, stop } = await registered();
    const { session_id } = await claimedRun(coordinator);
    await stop(session_id);
    expect((await stop(session_id)).body).toEqual({
      ok: true,
      session_id,
      status: "stopping",
      message: "Session already stopping",
    });
    expect((await coordinator.get(POLL)).body).toEqual({ stop_sessions: [session_id] });
  });

  test("of several sessions arrives in one answer", async () => {
    const { coordinator, stop } = await registered();
    const sessions = [];
    for (let count = 0; count < 3; count += 1) sessions.push((await claimedRun(coordinator))["session_id"]);
    for (const session of sessions) await stop(session);
    expect((await coordinator.get(POLL)).body).toEqual({ stop_sessions: sessions });
  });

  test("answers 500 when the runner is not registered, and changes nothing", async () => {
    const { coordinator, stop, status } = await registered();
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.remove(`/runners/${ECHO_ID}`);
    await coordinator.get(POLL);
    expect(await stop(session_id)).toMatchObject({ status: 500, body: { detail: "Failed to queue stop command" } });
    expect(await status(session_id)).toBe("pending");
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "claimed" });
  });

  test("reaches the runner of an idle session", async () => {
    const { coordinator, stop } = await registered();
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/completed`, { ...reporter, session_status: "idle" });
    expect((await stop(session_id)).body).toEqual({ ok: true, session_id, status: "stopping" });
    expect((await coordinator.get(POLL)).body).toEqual({ stop_sessions: [session_id] });
  });

  test("settles an idle session whose runner has gone", async () => {
    const { coordinator, stop } = await registered();
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/completed`, { ...reporter, session_status: "idle" });
    await coordinator.remove(`/runners/${ECHO_ID}`);
    await coordinator.get(POLL);
    expect((await stop(session_id)).body).toEqual({ ok: true, session_id, status: "stopped" });
  });

  test("settles a running session whose run is over", async () => {
    const { coordinator, stop, status } = await registered({ hazards: { unguardedReports: true } });
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/completed`, reporter);
    const binding = { executor_session_id: "e", hostname: "h", executor_profile: "p" };
    await coordinator.post(`/sessions/${session_id}/bind`, binding);
    expect((await stop(session_id)).body).toEqual({
      ok: true,
      session_id,
      run_id,
      status: "stopped",
      message: "Run already completed",
    });
    expect(await status(session_id)).toBe("stopped");
  });

  test("answers 404 for an unknown session", async () => {
    const { stop } = await registered();
    expect(await stop("nobody")).toMatchObject({ status: 404, body: { detail: "Session not found" } });
  });
});

describe("a stop of a resumed session", () => {
  async function resumed(options: Parameters<typeof started>[0]) {
    const { coordinator, stop } = await registered(options);
    const runner = { ...ECHO_RUNNER, executor_profile: "auto", executor: { type: "autonomous" }, agents: null };
    const { runner_id } = (await coordinator.post("/runner/register", runner)).body;
    const poll = `/runner/runs?runner_id=${runner_id}`;
    const parameters = { prompt: "go" };
    const first = (await coordinator.post("/runs", { type: "start_session", parameters })).body;
    await coordinator.get(poll);
    const bound = { executor_session_id: "e", hostname: "build-07", executor_profile: "auto" };
    await coordinator.post(`/sessions/${first["session_id"]}/bind`, bound);
    await coordinator.post(`/runner/runs/${first["run_id"]}/completed`, { runner_id, session_status: "idle" });
    const resume = { type: "resume_session", session_id: first["session_id"], parameters };
    const second = (await coordinator.post("/runs", resume)).body;
    const { run } = (await coordinator.get<{ run: Texts }>(poll)).body;
    await coordinator.post(`/runner/runs/${second["run_id"]}/started`, { runner_id });
    return { first, second, run, stopped: await stop(first["session_id"]) };
  }

  test("stops the run that is active", async () => {
    const { second, run, stopped } = await resumed({});
    expect(run).toMatchObject({ run_id: second["run_id"], type: "resume_session" });
    expect(run).toMatchObject({
      demands: { hostname: "build-07", executor_profile: "auto", executor_type: "autonomous", tags: [] },
    });
    expect(stopped.body).toMatchObject({ run_id: second["run_id"], status: "stopping" });
  });

  test("stops nothing with the reference's hazards", async () => {
    const { first, stopped } = await resumed({ reference: true });
    expect(stopped.body).toMatchObject({
      run_id: first["run_id"],
      status: "stopped",
      message: "Run already completed",
    });
  });
});
