import { describe, expect, test } from "vitest";
import { type Client, claimedRun, ECHO_ID, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

const reporter = { runner_id: ECHO_ID };
type Events = { events: { event_type: string }[] };

const BODIES: Record<string, object> = {
  completed: reporter,
  failed: { ...reporter, error: "it broke" },
  stopped: reporter,
};

async function withRun(options: Parameters<typeof started>[0] = {}) {
  const coordinator = await started(options);
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const { run_id, session_id } = await claimedRun(coordinator);
  const report = (name: string, body: object = BODIES[name] ?? reporter) =>
    coordinator.post(`/runner/runs/${run_id}/${name}`, body);
  const verdicts = () => coordinator.record.flatMap(({ verdict }) => verdict ?? []);
  const run = async () => (await coordinator.get(`/runs/${run_id}`)).body;
  const session = async () => (await coordinator.get<{ session: Texts }>(`/sessions/${session_id}`)).body.session;
  const eventTypes = async () =>
    (await coordinator.get<Events>(`/sessions/${session_id}/events`)).body.events.map(({ event_type }) => event_type);
  return { coordinator, run_id, session_id, report, verdicts, run, session, eventTypes };
}

describe("a report", () => {
  test.each(["started", "completed", "failed", "stopped"])("%s needs a registered runner and a run", async (name) => {
    const { coordinator, report } = await withRun();
    expect(await report(name, { runner_id: "lnch_0", error: "e" })).toMatchObject({
      status: 401,
      body: { detail: "Runner not registered" },
    });
    expect(await coordinator.post(`/runner/runs/run_0/${name}`, { ...reporter, error: "e" })).toMatchObject({
      status: 404,
      body: { detail: "Run not found" },
    });
    expect((await report(name, {})).status).toBe(422);
  });

  test("may come from any registered runner", async () => {
    const { coordinator, report, run } = await withRun();
    const other = { ...ECHO_RUNNER, hostname: "other", agents: null };
    const { runner_id } = (await coordinator.post("/runner/register", other)).body;
    await report("completed", { runner_id });
    expect(await run()).toMatchObject({ status: "completed", runner_id: ECHO_ID });
  });

  test("of completion sets the session to what it says", async () => {
    const { report, run, session } = await withRun();
    await report("completed", { ...reporter, session_status: "idle" });
    expect(await run()).toMatchObject({ status: "completed", completed_at: expect.any(String) });
    expect(await session()).toMatchObject({ status: "idle" });
  });

  test.each(["completed", "failed", "stopped"])("of %s counts once when repeated", async (name) => {
    const { report, run, verdicts, eventTypes } = await withRun();
    await report("started");
    await report(name);
    const before = [await run(), await eventTypes()];
    expect(await report(name)).toMatchObject({ status: 200, body: { ok: true } });
    expect([await run(), await eventTypes()]).toEqual(before);
    expect(verdicts()).toEqual(["accepted", "accepted", "repeated"]);
  });

  test.each([
    ["completed", "failed"],
    ["completed", "stopped"],
    ["failed", "completed"],
    ["stopped", "completed"],
  ])("of %s stands against a later %s", async (first, second) => {
    const { report, run, session, verdicts } = await withRun();
    await report(first);
    const before = [await run(), await session()];
    expect((await report(second)).status).toBe(200);
    expect((await report("started")).status).toBe(200);
    expect([await run(), await session()]).toEqual(before);
    expect(verdicts()).toEqual(["accepted", "refused", "refused"]);
  });

  test("with another error contradicts the first", async () => {
    const { report, run, verdicts } = await withRun();
    await report("failed");
    await report("failed", { ...reporter, error: "something else" });
    expect(await run()).toMatchObject({ error: "it broke" });
    expect(verdicts()).toEqual(["accepted", "refused"]);
  });

  test("may hold any text as its error", async () => {
    const { report, run } = await withRun();
    const error = `é ☃ \0 "quoted" \r\n ${"x".repeat(1_000_000)}`;
    await report("failed", { ...reporter, error });
    expect((await run())["error"]).toBe(error);
  });

  test("of the start does not undo a stop", async () => {
    const { coordinator, session_id, report, run, session } = await withRun();
    await coordinator.post(`/sessions/${session_id}/stop`);
    await report("started");
    expect(await run()).toMatchObject({ status: "stopping", started_at: expect.any(String) });
    expect(await session()).toMatchObject({ status: "stopping" });
  });

  test("of the start counts once when repeated", async () => {
    const { report, verdicts, eventTypes } = await withRun();
    await report("started");
    await report("started");
    expect(verdicts()).toEqual(["accepted", "repeated"]);
    expect(await eventTypes()).toEqual(["run_start"]);
  });

  test("about a session sets its status", async () => {
    const { coordinator, session_id, session, run } = await withRun();
    const path = `/runner/sessions/${session_id}/status`;
    expect(await coordinator.post(path, { ...reporter, status: "idle" })).toMatchObject({
      status: 400,
      body: { detail: "Status must be 'finished', 'failed', or 'stopped'" },
    });
    expect((await coordinator.post(path, { runner_id: "x", status: "stopped" })).status).toBe(401);
    expect((await coordinator.post("/runner/sessions/x/status", { ...reporter, status: "stopped" })).body).toEqual({
      detail: "Session not found",
    });
    expect((await coordinator.post(path, { ...reporter, status: "stopped" })).status).toBe(200);
    expect(await session()).toMatchObject({ status: "stopped" });
    expect(await run()).toMatchObject({ status: "claimed" });
  });
});

describe("a bind", () => {
  const binding = { executor_session_id: "e", hostname: "h", executor_profile: "p", project_dir: "/d" };

  test("does not reopen a session whose run has ended", async () => {
    const { coordinator, session_id, report, session } = await withRun();
    await report("failed");
    expect((await coordinator.post(`/sessions/${session_id}/bind`, binding)).status).toBe(200);
    expect(await session()).toMatchObject({ ...binding, status: "failed" });
  });

  test("does not undo a stop", async () => {
    const { coordinator, session_id, session } = await withRun();
    await coordinator.post(`/sessions/${session_id}/stop`);
    await coordinator.post(`/sessions/${session_id}/bind`, binding);
    expect(await session()).toMatchObject({ status: "stopping" });
  });
});

describe("with the reference's hazards", () => {
  test("any report overwrites any state", async () => {
    const { report, run, session, verdicts } = await withRun({ reference: true });
    await report("completed");
    await report("failed");
    expect(await run()).toMatchObject({ status: "failed", error: "it broke" });
    await report("started");
    expect(await run()).toMatchObject({ status: "running" });
    expect(await session()).toMatchObject({ status: "failed" });
    expect(verdicts()).toEqual(["accepted", "accepted", "accepted"]);
  });

  test("a repeated completion stores another event", async () => {
    const { report, eventTypes } = await withRun({ hazards: { unguardedReports: true } });
    await report("completed");
    await report("completed");
    expect(await eventTypes()).toEqual(["run_completed", "run_completed"]);
  });

  test("a bind reopens an ended session", async () => {
    const { coordinator, session_id, report, session } = await withRun({ reference: true });
    await report("completed");
    const binding = { executor_session_id: "e", hostname: "h", executor_profile: "p" };
    await coordinator.post(`/sessions/${session_id}/bind`, binding);
    expect(await session()).toMatchObject({ status: "running" });
  });
});

test("a runner's own goodbye fails its runs and finishes its idle sessions", async () => {
  const { coordinator, run, session, report } = await withRun();
  const idle = await claimedRun(coordinator);
  await coordinator.post(`/runner/runs/${idle["run_id"]}/completed`, { ...reporter, session_status: "idle" });
  await report("started");
  await coordinator.remove(`/runners/${ECHO_ID}?self=true`);
  expect(await run()).toMatchObject({ status: "failed", error: "Runner disconnected during execution" });
  expect(await session()).toMatchObject({ status: "failed" });
  expect((await coordinator.get(`/sessions/${idle["session_id"]}/status`)).body).toEqual({ status: "finished" });
  expect(await pollStatus(coordinator)).toBe(401);
});

async function pollStatus(client: Client): Promise<number> {
  return (await client.get(POLL)).status;
}
