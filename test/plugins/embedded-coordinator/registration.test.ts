import { expect, test } from "vitest";
import { ECHO_ID, ECHO_RUNNER, POLL, started } from "./client.ts";

type Runners = { runners: object[] };

test("answers 422 to a registration that lacks fields", async () => {
  const coordinator = await started();
  const answer = await coordinator.post("/runner/register", { hostname: "h", executor_profile: 3, tags: "a" });
  expect(answer.status).toBe(422);
  const input = { hostname: "h", executor_profile: 3, tags: "a" };
  expect(answer.body).toEqual({
    detail: [
      { type: "missing", loc: ["body", "project_dir"], msg: "Field required", input },
      { type: "string_type", loc: ["body", "executor_profile"], msg: "Input should be a valid string", input: 3 },
      { type: "list_type", loc: ["body", "tags"], msg: "Input should be a valid list", input: "a" },
    ],
  });
});

test("ignores fields it does not know", async () => {
  const coordinator = await started();
  expect((await coordinator.post("/runner/register", { ...ECHO_RUNNER, more: 1 })).status).toBe(200);
});

test("tells the timers it was given", async () => {
  const coordinator = await started({ pollTimeoutSeconds: 7, heartbeatIntervalSeconds: 11 });
  expect((await coordinator.post("/runner/register", ECHO_RUNNER)).body).toMatchObject({
    poll_timeout_seconds: 7,
    heartbeat_interval_seconds: 11,
  });
});

test("lists a runner with its state", async () => {
  let now = Date.UTC(2026, 2, 4);
  const coordinator = await started({}, { now: () => now });
  await coordinator.post("/runner/register", { ...ECHO_RUNNER, tags: ["posix"], require_matching_tags: true });
  now += 5000;
  const { runners } = (await coordinator.get<Runners>("/runners")).body;
  expect(runners).toEqual([
    {
      runner_id: ECHO_ID,
      registered_at: expect.stringMatching(/^2026-03-04T00:00:00\.\d{6}\+00:00$/),
      last_heartbeat: expect.stringMatching(/^2026-03-04T00:00:00\.\d{6}\+00:00$/),
      hostname: "build-07",
      project_dir: "/srv/jobs",
      executor_profile: "echo",
      executor: ECHO_RUNNER.executor,
      tags: ["posix"],
      require_matching_tags: true,
      status: "online",
      seconds_since_heartbeat: expect.closeTo(5, 2),
    },
  ]);
});

test("reconnects a stale runner, keeping what it leaves out", async () => {
  let now = Date.now();
  const coordinator = await started({}, { now: () => now });
  await coordinator.post("/runner/register", { ...ECHO_RUNNER, tags: ["posix"] });
  await coordinator.remove(`/runners/${ECHO_ID}`);
  now += 121_000;
  coordinator.checkLifecycle();
  await coordinator.post("/runner/heartbeat", { runner_id: ECHO_ID });
  expect((await coordinator.get<Runners>("/runners")).body.runners).toMatchObject([{ status: "stale" }]);
  const { agents: _left, ...again } = ECHO_RUNNER;
  expect((await coordinator.post("/runner/register", again)).status).toBe(200);
  expect((await coordinator.get<Runners>("/runners")).body.runners).toMatchObject([
    { status: "online", tags: ["posix"] },
  ]);
  expect((await coordinator.get("/agents/echo")).status).toBe(200);
  await coordinator.post("/runs", { type: "start_session", agent_name: "echo", parameters: { message: "m" } });
  expect((await coordinator.get(POLL)).body).toHaveProperty("run");
});

test("undoes a reconnection whose agents collide", async () => {
  let now = Date.now();
  const coordinator = await started({}, { now: () => now });
  await coordinator.post("/runner/register", ECHO_RUNNER);
  now += 121_000;
  coordinator.checkLifecycle();
  const other = { ...ECHO_RUNNER, hostname: "other", agents: [{ name: "theirs", command: "c" }] };
  await coordinator.post("/runner/register", other);
  const agents = [{ name: "theirs", command: "c" }];
  expect((await coordinator.post("/runner/register", { ...ECHO_RUNNER, agents })).status).toBe(409);
  expect((await coordinator.get("/agents/echo")).status).toBe(404);
  expect((await coordinator.get<Runners>("/runners")).body.runners).toMatchObject([{ hostname: "other" }]);
});

test("hands every script to a new procedural runner and none to others", async () => {
  const coordinator = await started({ pollTimeoutSeconds: 0.02 });
  for (const name of ["one", "two"]) {
    await coordinator.post("/scripts", { name, description: "d", script_file: "f", script_content: "" });
  }
  await coordinator.post("/runner/register", ECHO_RUNNER);
  expect((await coordinator.get(POLL)).body).toEqual({ sync_scripts: ["one", "two"], remove_scripts: [] });
  const other = { ...ECHO_RUNNER, hostname: "other", executor: { type: "autonomous" }, agents: null };
  const { runner_id } = (await coordinator.post("/runner/register", other)).body;
  expect((await coordinator.get(`/runner/runs?runner_id=${runner_id}`)).status).toBe(204);
});

test("answers 401 to the heartbeat and 404 to the removal of an unknown runner", async () => {
  const coordinator = await started();
  expect(await coordinator.post("/runner/heartbeat", { runner_id: "lnch_0" })).toMatchObject({
    status: 401,
    body: { detail: "Runner not registered" },
  });
  expect(await coordinator.remove("/runners/lnch_0")).toMatchObject({
    status: 404,
    body: { detail: "Runner not found" },
  });
  expect((await coordinator.remove("/runners/lnch_0?self=perhaps")).body).toMatchObject({
    detail: [{ type: "bool_parsing", loc: ["query", "self"], input: "perhaps" }],
  });
});
