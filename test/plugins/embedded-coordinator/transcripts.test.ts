import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started } from "./client.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;
const NAIVE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;
const aTime = expect.stringMatching(TIME);
const reporter = { runner_id: ECHO_ID };

describe("the protocol's transcripts", () => {
  test("8.1: a run of echo succeeds", async () => {
    const coordinator = await started();
    const registered = await coordinator.post("/runner/register", ECHO_RUNNER);
    expect(registered).toMatchObject({
      status: 200,
      body: { runner_id: ECHO_ID, poll_endpoint: "/runner/runs", heartbeat_interval_seconds: 60 },
    });

    const waiting = coordinator.get<{ run: object }>(POLL);
    const created = await coordinator.post("/runs", ECHO_RUN);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      run_id: expect.stringMatching(/^run_[0-9a-f]{12}$/),
      session_id: expect.stringMatching(/^ses_[0-9a-f]{12}$/),
      status: "pending",
    });
    const { run_id, session_id } = created.body;

    const delivered = await waiting;
    expect(delivered.status).toBe(200);
    const agent = {
      name: "echo",
      description: "Returns its message",
      type: "procedural",
      parameters_schema: ECHO_RUNNER.agents[0]?.parameters_schema,
      tags: [],
      capabilities: [],
      status: "active",
      created_at: "",
      modified_at: "",
      command: "scripts/echo/echo",
    };
    const run = {
      run_id,
      type: "start_session",
      session_id,
      agent_name: "echo",
      parameters: { message: "good morning" },
      project_dir: null,
      parent_session_id: null,
      execution_mode: "sync",
      demands: {
        hostname: "build-07",
        project_dir: "/srv/jobs",
        executor_profile: "echo",
        executor_type: "procedural",
        tags: [],
      },
      status: "claimed",
      runner_id: ECHO_ID,
      error: null,
      created_at: aTime,
      claimed_at: aTime,
      started_at: null,
      completed_at: null,
      timeout_at: aTime,
      scope: null,
      resolved_agent_blueprint: agent,
    };
    expect(delivered.body).toEqual({ run });
    expect(Object.keys(delivered.body.run)).toEqual(Object.keys(run));

    expect(await coordinator.post(`/runner/runs/${run_id}/started`, reporter)).toMatchObject({
      status: 200,
      body: { ok: true },
    });
    expect((await coordinator.get("/agents/echo")).body).toEqual(agent);
    const bound = await coordinator.post(`/sessions/${session_id}/bind`, {
      executor_session_id: `proc_${session_id}`,
      hostname: "build-07",
      executor_profile: "echo",
    });
    expect(bound).toMatchObject({ status: 200, body: { ok: true } });
    expect(bound.body["session"]).toEqual({
      session_id,
      status: "running",
      created_at: aTime,
      project_dir: null,
      agent_name: "echo",
      last_resumed_at: null,
      parent_session_id: null,
      executor_session_id: `proc_${session_id}`,
      executor_profile: "echo",
      hostname: "build-07",
    });
    const event = {
      event_type: "result",
      session_id,
      timestamp: "2026-03-04T05:06:07.881020+00:00",
      result_text: null,
      result_data: { message: "good morning" },
    };
    expect(await coordinator.post(`/sessions/${session_id}/events`, event)).toMatchObject({
      status: 201,
      body: { ok: true },
    });
    const completed = { ...reporter, status: "success", session_status: "finished" };
    expect((await coordinator.post(`/runner/runs/${run_id}/completed`, completed)).status).toBe(200);
    expect(await coordinator.get(`/sessions/${session_id}/result`)).toMatchObject({
      status: 200,
      body: { result_text: null, result_data: { message: "good morning" } },
    });
    const listed = await coordinator.get<{ events: { event_type: string }[] }>(`/sessions/${session_id}/events`);
    expect(listed.body.events.map(({ event_type }) => event_type).sort()).toEqual([
      "result",
      "run_completed",
      "run_start",
    ]);
  });

  test("8.2: a run fails with its error", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/started`, reporter);
    const result = { return_code: 3, stdout: "half done", stderr: "disk full" };
    await coordinator.post(`/sessions/${session_id}/events`, {
      event_type: "result",
      session_id,
      timestamp: "2026-03-04T05:09:30.220145+00:00",
      result_text: null,
      result_data: result,
    });
    const failed = await coordinator.post(`/runner/runs/${run_id}/failed`, { ...reporter, error: "disk full" });
    expect(failed).toMatchObject({ status: 200, body: { ok: true } });
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "failed", error: "disk full" });
    expect(await coordinator.get(`/sessions/${session_id}/result`)).toMatchObject({
      status: 400,
      body: { detail: "Session not finished or idle" },
    });
  });

  test("8.3: a stop reaches the open poll", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { run_id, session_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/started`, reporter);
    const open = coordinator.get(POLL);
    const stop = await coordinator.post(`/sessions/${session_id}/stop`);
    expect(stop).toMatchObject({ status: 200, body: { ok: true, run_id, session_id, status: "stopping" } });
    expect((await open).body).toEqual({ stop_sessions: [session_id] });
    const stopped = await coordinator.post(`/runner/runs/${run_id}/stopped`, { ...reporter, signal: "SIGTERM" });
    expect(stopped).toMatchObject({ status: 200, body: { ok: true } });
    expect((await coordinator.post(`/sessions/${session_id}/stop`)).body).toEqual({
      ok: true,
      session_id,
      status: "stopped",
      message: "Session already stopped",
    });
  });

  test("8.4: a script is synced, run and removed", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", { ...ECHO_RUNNER, tags: ["posix"] });
    const content = '#!/bin/sh\ndf -P "$2" | tail -1\n';
    const script = {
      name: "disk_report",
      description: "Free space",
      script_file: "report.sh",
      script_content: content,
    };
    const open = coordinator.get(POLL);
    const created = await coordinator.post("/scripts", { ...script, demands: { tags: ["posix"] } });
    expect(created.status).toBe(201);
    const naive = expect.stringMatching(NAIVE_TIME);
    const view = { ...script, demands: { tags: ["posix"] }, created_at: naive, modified_at: naive };
    expect(created.body).toEqual(view);
    expect((await open).body).toEqual({ sync_scripts: ["disk_report"], remove_scripts: [] });

    const download = await fetch(`${coordinator.url}/scripts/disk_report/download`);
    expect(download.headers.get("content-type")).toBe("application/gzip");
    expect(download.headers.get("content-disposition")).toBe('attachment; filename="disk_report.tar.gz"');
    const unpacked = await unpack(Buffer.from(await download.arrayBuffer()));
    expect(await readdir(unpacked, { recursive: true })).toEqual([
      "disk_report",
      "disk_report/report.sh",
      "disk_report/script.json",
    ]);
    const modes = [await stat(join(unpacked, "disk_report")), await stat(join(unpacked, "disk_report/report.sh"))];
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o755, 0o644]);
    expect(await readFile(join(unpacked, "disk_report/report.sh"), "utf8")).toBe(content);
    expect(JSON.parse(await readFile(join(unpacked, "disk_report/script.json"), "utf8"))).toEqual({
      name: "disk_report",
      description: "Free space",
      script_file: "report.sh",
      demands: { tags: ["posix"] },
    });

    const agent = { name: "disk", description: "Disk", type: "procedural", script: "disk_report" };
    expect((await coordinator.post("/agents", agent)).status).toBe(201);
    const run = await claimedRun(coordinator, {
      type: "start_session",
      agent_name: "disk",
      parameters: { path: "/srv" },
    });
    expect(run).toMatchObject({
      agent_name: "disk",
      parameters: { path: "/srv" },
      demands: { executor_type: "procedural", tags: ["posix"] },
      resolved_agent_blueprint: { name: "disk", type: "procedural", script: "disk_report" },
    });

    expect(await coordinator.remove("/scripts/disk_report")).toMatchObject({
      status: 409,
      body: { detail: "Script is referenced by agents: disk" },
    });
    expect((await coordinator.remove("/agents/disk")).status).toBe(204);
    expect((await coordinator.remove("/scripts/disk_report")).status).toBe(204);
    expect((await coordinator.get(POLL)).body).toEqual({ sync_scripts: [], remove_scripts: ["disk_report"] });
  });

  test("8.5: an operator deregisters a runner", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { run_id } = await claimedRun(coordinator);
    await coordinator.post(`/runner/runs/${run_id}/started`, reporter);
    const open = coordinator.get(POLL);
    expect((await coordinator.remove(`/runners/${ECHO_ID}`)).body).toEqual({
      ok: true,
      message: "Runner marked for deregistration",
      initiated_by: "external",
    });
    expect((await open).body).toEqual({ deregistered: true });
    const refused = { status: 401, body: { detail: "Runner not registered" } };
    expect(await coordinator.post(`/runner/runs/${run_id}/stopped`, reporter)).toMatchObject(refused);
    expect((await coordinator.get(`/runs/${run_id}`)).body).toMatchObject({ status: "running" });
    expect(await coordinator.get(POLL)).toMatchObject(refused);
  });

  test("8.5: a runner deregisters itself", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    expect((await coordinator.remove(`/runners/${ECHO_ID}?self=true`)).body).toEqual({
      ok: true,
      message: "Runner deregistered",
      initiated_by: "self",
    });
    expect(await coordinator.get("/agents/echo")).toMatchObject({
      status: 404,
      body: { detail: "Agent not found: echo" },
    });
  });

  test("8.6: a second registration of one identity is refused", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const second = await coordinator.post("/runner/register", ECHO_RUNNER);
    expect(second.status).toBe(409);
    expect(second.body).toEqual({
      detail: {
        error: "duplicate_runner",
        message: `Runner with identity (build-07, /srv/jobs, echo) is already registered and online as ${ECHO_ID}`,
        runner_id: ECHO_ID,
        hostname: "build-07",
        project_dir: "/srv/jobs",
        executor_profile: "echo",
      },
    });
  });

  test("8.6: an agent's name is taken by another runner", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const second = await coordinator.post("/runner/register", { ...ECHO_RUNNER, hostname: "build-08" });
    expect(second.status).toBe(409);
    expect(second.body).toEqual({
      detail: {
        error: "agent_name_collision",
        message: `Agent 'echo' is already registered by runner '${ECHO_ID}'`,
        agent_name: "echo",
        existing_runner_id: ECHO_ID,
      },
    });
    expect((await coordinator.get("/runners")).body).toMatchObject({ runners: [{ hostname: "build-07" }] });
  });
});

/** Unpacks an archive with the system's own tar into a directory of the test. */
async function unpack(archive: Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "embedded-coordinator-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = `${directory}.tar.gz`;
  onTestFinished(() => rm(file, { force: true }));
  await writeFile(file, archive);
  await promisify(execFile)("tar", ["--extract", "--same-permissions", "--file", file, "--directory", directory]);
  return directory;
}
