import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, started, type Texts } from "./client.ts";

type Events = { events: Record<string, unknown>[] };
const TIME = "2026-03-04T05:06:07.000000+00:00";

async function withSession() {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const { session_id, run_id } = await claimedRun(coordinator);
  const path = `/sessions/${session_id}`;
  const event = { event_type: "result", session_id, timestamp: TIME };
  const events = async () => (await coordinator.get<Events>(`${path}/events`)).body.events;
  return { coordinator, session_id, run_id, path, event, events };
}

describe("events", () => {
  test("are listed with every column", async () => {
    const { coordinator, path, session_id, event, events } = await withSession();
    await coordinator.post(`${path}/events`, { ...event, tool_name: "t", exit_code: 3, unknown: 1 });
    expect(await events()).toEqual([
      {
        id: expect.any(Number),
        session_id,
        event_type: "result",
        timestamp: TIME,
        tool_name: "t",
        tool_input: null,
        tool_output: null,
        error: null,
        exit_code: 3,
        reason: null,
        role: null,
        content: null,
        result_text: null,
        result_data: null,
      },
    ]);
  });

  test("are sorted by the text of their timestamps, the first hundred only", async () => {
    const { coordinator, path, event, events } = await withSession();
    const stamps = fc.sample(fc.stringMatching(/^[0-9A-Za-z:+]{1,12}$/), 120);
    for (const timestamp of stamps) await coordinator.post(`${path}/events`, { ...event, timestamp });
    const listed = (await events()).map(({ timestamp }) => timestamp);
    expect(listed).toEqual([...stamps].sort((one, other) => (one < other ? -1 : 1)).slice(0, 100));
  });

  test.each([
    ["tool_input", "{}"],
    ["tool_output", "0"],
    ["tool_output", '""'],
    ["tool_output", "[]"],
    ["tool_output", "false"],
    ["content", "[]"],
    ["result_data", "{}"],
  ])("store %s %s as null", async (field, text) => {
    const { coordinator, path, event, events } = await withSession();
    const body = `${JSON.stringify(event).slice(0, -1)},"${field}":${text}}`;
    expect((await coordinator.postText(`${path}/events`, body)).status).toBe(201);
    expect((await events())[0]?.[field]).toBeNull();
  });

  test("keep the text of their numbers", async () => {
    const { coordinator, path, event, run_id } = await withSession();
    const data = '{"10":1.0,"2":12345678901234567890.50}';
    await coordinator.postText(`${path}/events`, `${JSON.stringify(event).slice(0, -1)},"result_data":${data}}`);
    await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID });
    expect(await coordinator.text(`${path}/result`)).toBe(`{"result_text":null,"result_data":${data}}`);
  });

  test.each([
    ["result_data", [1], "dict_type"],
    ["result_data", "text", "dict_type"],
    ["exit_code", "3", "int_type"],
    ["content", {}, "list_type"],
    ["timestamp", undefined, "missing"],
  ])("are refused with 422 when %s is %j", async (field, value, type) => {
    const { coordinator, path, event, events } = await withSession();
    const answer = await coordinator.post(`${path}/events`, { ...event, [field]: value });
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ type, loc: ["body", field] }] } });
    expect(await events()).toEqual([]);
  });

  test("must name the session they are posted to", async () => {
    const { coordinator, path, event } = await withSession();
    expect(await coordinator.post(`${path}/events`, { ...event, session_id: "other" })).toMatchObject({
      status: 400,
      body: { detail: "Event session_id must match URL session_id" },
    });
    expect((await coordinator.post("/sessions/other/events", { ...event, session_id: "other" })).status).toBe(404);
  });
});

describe("a result", () => {
  test("is the one with the greatest timestamp text", async () => {
    const { coordinator, path, event, run_id } = await withSession();
    for (const [timestamp, result_text] of [
      ["2026-01-02", "middle"],
      ["2026-01-03", "last"],
      ["2026-01-01", "first"],
    ]) {
      await coordinator.post(`${path}/events`, { ...event, timestamp, result_text });
    }
    await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID });
    expect((await coordinator.get(`${path}/result`)).body).toEqual({ result_text: "last", result_data: null });
  });

  test("is missing when none was posted, and for an unknown session", async () => {
    const { coordinator, path, run_id } = await withSession();
    await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID });
    expect(await coordinator.get(`${path}/result`)).toMatchObject({ status: 404, body: { detail: "No result found" } });
    expect((await coordinator.get("/sessions/x/result")).body).toEqual({ detail: "Session not found" });
  });
});

describe("a session", () => {
  test("shows its affinity without the executor's session", async () => {
    const { coordinator, path, session_id } = await withSession();
    const bound = { executor_session_id: "e", hostname: "h", executor_profile: "p", project_dir: "/d" };
    await coordinator.post(`${path}/bind`, bound);
    expect((await coordinator.get(`${path}/affinity`)).body).toEqual({
      affinity: { session_id, hostname: "h", project_dir: "/d", executor_profile: "p" },
    });
  });

  test("keeps what a change leaves out or sets to null", async () => {
    const { coordinator, path } = await withSession();
    await coordinator.patch(`${path}/metadata`, { hostname: "h", project_dir: "/d" });
    const changed = await coordinator.patch(`${path}/metadata`, { hostname: null, executor_profile: "p" });
    expect(changed).toMatchObject({
      status: 200,
      body: { ok: true, session: { hostname: "h", project_dir: "/d", executor_profile: "p" } },
    });
    expect((await coordinator.patch(`${path}/metadata`, {})).status).toBe(200);
    expect((await coordinator.patch("/sessions/x/metadata", {})).status).toBe(404);
  });

  test("that is unknown has the status not_existent", async () => {
    const { coordinator } = await withSession();
    expect(await coordinator.get("/sessions/x/status")).toMatchObject({
      status: 200,
      body: { status: "not_existent" },
    });
    expect((await coordinator.get("/sessions/x")).status).toBe(404);
  });

  test("is listed newest first", async () => {
    const { coordinator, session_id } = await withSession();
    const newer = (await coordinator.post("/runs", ECHO_RUN)).body["session_id"];
    const { sessions } = (await coordinator.get<{ sessions: Texts[] }>("/sessions")).body;
    expect(sessions.map((session) => session["session_id"])).toEqual([newer, session_id]);
  });

  test("is deleted with its runs and events once it has stopped", async () => {
    const { coordinator, path, session_id, run_id } = await withSession();
    await coordinator.post(`/runner/runs/${run_id}/started`, { runner_id: ECHO_ID });
    const bound = { executor_session_id: "e", hostname: "h", executor_profile: "p" };
    await coordinator.post(`${path}/bind`, bound);
    expect(await coordinator.remove(path)).toMatchObject({ status: 409, body: { detail: "Stop session first" } });
    await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID });
    expect((await coordinator.remove(path)).body).toEqual({
      ok: true,
      session_id,
      deleted: { session: true, events_count: 2, runs_count: 1 },
      runs_removed_from_cache: 1,
    });
    expect((await coordinator.get(`/runs/${run_id}`)).status).toBe(404);
    expect((await coordinator.remove(path)).status).toBe(404);
  });

  test("may have a long name with any characters", async () => {
    const { coordinator } = await withSession();
    const session_id = `é ${"x".repeat(500)}?`;
    await coordinator.post("/runs", { ...ECHO_RUN, session_id });
    expect((await coordinator.get(`/sessions/${encodeURIComponent(session_id)}/status`)).body).toEqual({
      status: "pending",
    });
  });
});
