import { describe, expect, test } from "vitest";
import type { EmbeddedCoordinator } from "../../../plugins/embedded-coordinator/src/index.ts";
import { type Client, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

type Delivered = { run: Texts };

describe("a poll", () => {
  test("answers 401 to an unknown runner and 422 without one", async () => {
    const coordinator = await started();
    expect(await coordinator.get(POLL)).toMatchObject({ status: 401, body: { detail: "Runner not registered" } });
    expect(await coordinator.get("/runner/runs")).toMatchObject({
      status: 422,
      body: { detail: [{ type: "missing", loc: ["query", "runner_id"], msg: "Field required" }] },
    });
  });

  test("answers 204 without a body when its time is up", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 0.02 });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    expect(await coordinator.get(POLL)).toMatchObject({ status: 204, body: "" });
  });

  test("hands runs out oldest first, each once", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const created = [];
    for (let count = 0; count < 5; count += 1) created.push((await coordinator.post("/runs", ECHO_RUN)).body["run_id"]);
    const delivered = [];
    for (let count = 0; count < 5; count += 1) {
      delivered.push((await coordinator.get<Delivered>(POLL)).body.run["run_id"]);
    }
    expect(delivered).toEqual(created);
  });

  test("is one of several that share the work without sharing a run", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const polls = Array.from({ length: 8 }, () => coordinator.get<Delivered>(POLL));
    const created = await Promise.all(polls.map(() => coordinator.post("/runs", ECHO_RUN)));
    const delivered = (await Promise.all(polls)).map(({ body }) => body.run["run_id"]);
    expect(delivered.sort()).toEqual(created.map(({ body }) => body["run_id"]).sort());
  });

  test("brings stops before scripts before deregistration before runs", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const session = (await coordinator.post("/runs", ECHO_RUN)).body["session_id"];
    await coordinator.get(POLL);
    await coordinator.post("/runs", ECHO_RUN);
    await coordinator.post("/scripts", { name: "s", description: "d", script_file: "f", script_content: "" });
    await coordinator.post(`/sessions/${session}/stop`);
    expect((await coordinator.get(POLL)).body).toEqual({ stop_sessions: [session] });
    expect((await coordinator.get(POLL)).body).toEqual({ sync_scripts: ["s"], remove_scripts: [] });
    await coordinator.remove(`/runners/${ECHO_ID}`);
    expect((await coordinator.get(POLL)).body).toEqual({ deregistered: true });
  });

  test("claims nothing once its client has gone", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await abandonedPoll(coordinator);
    await coordinator.recorded(({ status }) => status === 499);
    const created = await coordinator.post("/runs", ECHO_RUN);
    expect((await coordinator.get(`/runs/${created.body["run_id"]}`)).body).toMatchObject({ status: "pending" });
    const delivered = await coordinator.get<Delivered>(POLL);
    expect(delivered.body.run["run_id"]).toBe(created.body["run_id"]);
  });

  test("ends empty when its runner deregisters itself", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const open = await openPoll(coordinator);
    await coordinator.remove(`/runners/${ECHO_ID}?self=true`);
    expect((await open.answer).status).toBe(204);
  });

  test("brings runs to a stale runner", async () => {
    let now = Date.now();
    const coordinator = await started({}, { now: () => now });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    now += 130_000;
    coordinator.checkLifecycle();
    await coordinator.post("/runs", ECHO_RUN);
    expect((await coordinator.get(POLL)).status).toBe(200);
  });

  test("fails a run whose agent has lost its script, and brings the next", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const lost = await scriptRun(coordinator);
    await coordinator.patch("/agents/a", { script: "gone" });
    const next = await coordinator.post("/runs", ECHO_RUN);
    await coordinator.get(POLL);
    expect((await coordinator.get<Delivered>(POLL)).body.run["run_id"]).toBe(next.body["run_id"]);
    expect((await coordinator.get(`/runs/${lost}`)).body).toMatchObject({
      status: "failed",
      error: "Agent 'a' references script 'gone', which does not exist",
    });
  });
});

describe("a poll with the reference's hazards", () => {
  test("swallows a run after its client has gone", async () => {
    const coordinator = await started({ reference: true });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await abandonedPoll(coordinator);
    const { run_id } = (await coordinator.post("/runs", ECHO_RUN)).body;
    await coordinator.recorded((entry) => entry.delivered !== undefined);
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "claimed", runner_id: ECHO_ID });
  });

  test("swallows a run after its runner has deregistered", async () => {
    const coordinator = await started({ hazards: { ghostPolls: true } });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await abandonedPoll(coordinator);
    await coordinator.remove(`/runners/${ECHO_ID}?self=true`);
    const run_id = await scriptRun(coordinator);
    await coordinator.recorded((entry) => entry.delivered !== undefined);
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "claimed", runner_id: ECHO_ID });
  });

  test("is woken at once by a stop", async () => {
    const coordinator = await started({ reference: true });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { session_id } = (await coordinator.post("/runs", ECHO_RUN)).body;
    await coordinator.get(POLL);
    const open = await openPoll(coordinator);
    await coordinator.post(`/sessions/${session_id}/stop`);
    expect((await open.answer).body).toEqual({ stop_sessions: [session_id] });
  });
});

/** Opens a poll and answers once the coordinator waits on it. */
async function openPoll(coordinator: EmbeddedCoordinator & Client) {
  const caller = new AbortController();
  const answer = coordinator.get(POLL, caller.signal);
  answer.catch(() => {});
  await coordinator.polling(ECHO_ID);
  return { answer, abort: () => caller.abort() };
}

async function abandonedPoll(coordinator: EmbeddedCoordinator & Client): Promise<void> {
  const open = await openPoll(coordinator);
  open.abort();
}

/** Queues a run of a script agent, which any procedural runner may take. */
async function scriptRun(client: Client): Promise<string | undefined> {
  await client.post("/scripts", { name: "s", description: "d", script_file: "f", script_content: "" });
  await client.post("/agents", { name: "a", description: "d", type: "procedural", script: "s" });
  return (await client.post("/runs", { type: "start_session", agent_name: "a", parameters: {} })).body["run_id"];
}
