import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, type RecordEntry, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reopened } from "../fixtures/reopened.ts";
import { Leasehold } from "./leasehold.ts";
import { isAlive, pidsIn } from "./processes.ts";

let directory: string;
let coordinator: EmbeddedCoordinator;
const runners: Leasehold[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-e2e-"));
  coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 2 });
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

describe("leasehold start", () => {
  it.each([
    { profile: "echo", id: "lnch_a2fece2c2a7c" },
    { profile: "test-procedural", id: "lnch_a59c9235047a" },
  ])("registers profile $profile under the reference's id", async ({ profile, id }) => {
    start(profile, { projectDir: "/srv/jobs" });
    await coordinator.polling(id);
    expect(await get("/runners")).toMatchObject({ runners: [{ runner_id: id, hostname: "build-07" }] });
  });

  it("takes the project directory's flag before its variable", async () => {
    start("echo", { projectDir: "/elsewhere", args: ["--project-dir", "/srv/jobs"] });
    await coordinator.polling("lnch_a2fece2c2a7c");
  });

  it("executes an echo run in the order of the transcript", async () => {
    await ready(start("echo"));
    const { run, session } = await submit("echo", { message: 'He said "hi"\n🙂' });
    await reported(run, "completed");
    expect(requestsOf(run, session)).toEqual([
      `POST /runner/runs/${run}/started`,
      `POST /sessions/${session}/bind`,
      `POST /sessions/${session}/events`,
      `POST /runner/runs/${run}/completed`,
    ]);
    const result = await get(`/sessions/${session}/result`);
    expect(result).toEqual({ result_text: null, result_data: { message: 'He said "hi"\n🙂' } });
  });

  it("reports a failing run with result and error", async () => {
    await ready(start("test-procedural"));
    const { run, session } = await submit("test", { stdout: "half done", stderr: "disk full", "exit-code": 3 });
    await reported(run, "failed");
    expect(await get(`/runs/${run}`)).toMatchObject({ status: "failed", error: "disk full" });
    expect(await resultEvent(session)).toEqual({ return_code: 3, stdout: "half done", stderr: "disk full" });
  });

  it("stops a run that ignores SIGTERM with all its descendants", async () => {
    const runner = await ready(start("misbehaving"));
    const { run, session } = await submit("stubborn", {});
    const pids = await pidsIn(join(directory, "ready"));
    await post(`/sessions/${session}/stop`);
    const { body } = await reported(run, "stopped");
    expect(body).toMatchObject({ signal: "SIGKILL" });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(runner.child.exitCode).toBeNull();
  });

  it("ends a run at its agent's deadline", async () => {
    await ready(start("misbehaving"));
    const { run, session } = await submit("brief", {});
    await reported(run, "failed");
    expect(await resultEvent(session)).toMatchObject({ return_code: 124, stdout: "" });
  });

  it("keeps its registration across a restart of the coordinator", async () => {
    const data = join(directory, "coordinator.sqlite");
    await coordinator.close();
    coordinator = await startEmbeddedCoordinator({ port: 0, data, pollTimeoutSeconds: 2 });
    const { port } = coordinator;
    const runner = await ready(start("echo"));
    await coordinator.close();
    coordinator = await reopened(() => startEmbeddedCoordinator({ port, data, pollTimeoutSeconds: 2 }));
    await ready(runner);
    const { run } = await submit("echo", { message: "again" });
    await reported(run, "completed");
    expect(runner.child.exitCode).toBeNull();
  });

  it("waits for a coordinator that is not up yet", async () => {
    const { port } = coordinator;
    await coordinator.close();
    const runner = start("echo", { url: `http://127.0.0.1:${port}` });
    await runner.said("ECONNREFUSED");
    coordinator = await reopened(() => startEmbeddedCoordinator({ port, pollTimeoutSeconds: 2 }));
    await ready(runner);
  });

  it("deregisters and exits with 0 on SIGTERM", async () => {
    const runner = await ready(start("echo"));
    runner.signal("SIGTERM");
    expect(await runner.exit()).toBe(0);
    expect(await get("/runners")).toEqual({ runners: [] });
  });

  it("stops running work on a second signal and reports it", async () => {
    const runner = await ready(start("misbehaving", { args: ["--drain-timeout", "600"] }));
    const { run } = await submit("stubborn", {});
    const pids = await pidsIn(join(directory, "ready"));
    runner.signal("SIGTERM");
    await runner.said("signal");
    runner.signal("SIGTERM");
    expect(await runner.exit()).toBe(0);
    expect(await get(`/runs/${run}`)).toMatchObject({ status: "stopped" });
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("exits with 0 however many signals come", async () => {
    const runner = await ready(start("misbehaving"));
    const { run } = await submit("stubborn", {});
    await pidsIn(join(directory, "ready"));
    const storm = setInterval(() => runner.signal("SIGTERM"), 2);
    expect(await runner.exit().finally(() => clearInterval(storm))).toBe(0);
    expect(await get(`/runs/${run}`)).toMatchObject({ status: "stopped" });
  });

  it("does not live on for what a plugin left open", async () => {
    const LEASEHOLD_CONFIG = join(import.meta.dirname, "../fixtures/e2e/leaky.config.ts");
    const runner = await ready(start("echo", { env: { LEASEHOLD_CONFIG } }));
    runner.signal("SIGTERM");
    expect(await runner.exit()).toBe(0);
    expect(runner.stderr).toMatch(/something was left open, .* is dropped: .*Timeout/);
  });

  it("exits with 0 when it is deregistered", async () => {
    const runner = await ready(start("echo"));
    const [registered] = ((await get("/runners")) as { runners: { runner_id: string }[] }).runners;
    await fetch(`${coordinator.url}/runners/${registered?.runner_id}`, { method: "DELETE" });
    expect(await runner.exit()).toBe(0);
  });

  it("waits while its identity is taken, and says so", async () => {
    const first = await ready(start("echo"));
    const second = start("echo");
    await second.said("already registered");
    first.signal("SIGTERM");
    await second.said("registered at");
    expect(second.stderr).not.toMatch(/^\s+at /m);
  });

  it("exits with 1 when it shall not wait for its identity", async () => {
    await ready(start("echo"));
    const second = start("echo", { args: ["--registration-attempts", "1"] });
    expect(await second.exit()).toBe(1);
    expect(second.stderr).toContain("already registered");
  });
});

describe("a run's output", () => {
  it("is drained and capped at 100 MB on both streams", async () => {
    const runner = await ready(start("misbehaving"));
    const { run, session } = await submit("flood", {});
    await reported(run, "completed");
    const { stdout, stderr } = (await resultEvent(session)) as { stdout: string; stderr: string };
    const kept = 8 * 1024 * 1024;
    expect(stdout.slice(0, kept)).toBe("o".repeat(kept));
    expect(stderr.slice(0, kept)).toBe("e".repeat(kept));
    expect([stdout.slice(kept), stderr.slice(kept)].map((marker) => marker.trim())).toEqual([
      expect.stringMatching(/^\[output cut/),
      expect.stringMatching(/^\[output cut/),
    ]);
    expect(peakMegabytes(runner)).toBeLessThan(400);
  });

  it("is decoded with replacement where it is no UTF-8", async () => {
    await ready(start("misbehaving"));
    const { run, session } = await submit("mojibake", {});
    await reported(run, "completed");
    expect(await resultEvent(session)).toEqual({ return_code: 0, stdout: "caf\uFFFD \uFFFD", stderr: "" });
  });

  it("is wrapped when it is JSON but no object", async () => {
    await ready(start("misbehaving"));
    const { run, session } = await submit("list", {});
    await reported(run, "completed");
    const text = await (await fetch(`${coordinator.url}/sessions/${session}/result`)).text();
    expect(text).toMatch(/\{"result": ?\[1\.0, 12345678901234567890\]\}/);
  });

  it("does not wait for a daemon, which is ended", async () => {
    await ready(start("misbehaving"));
    const { run, session } = await submit("daemon", {});
    await reported(run, "completed");
    expect(await resultEvent(session)).toEqual({ started: true });
    expect((await pidsIn(join(directory, "daemon.pid"))).filter(isAlive)).toEqual([]);
  });
});

describe("a run's environment", () => {
  it("holds the allow-list and nothing else of the runner's", async () => {
    await ready(start("misbehaving", { env: { AUTH0_RUNNER_CLIENT_SECRET: "hunter2hunter2", LANG: "C.UTF-8" } }));
    const { run, session } = await submit("environment", {});
    await reported(run, "completed");
    const { names } = (await resultEvent(session)) as { names: string };
    const own = ["PWD", "OLDPWD", "SHLVL", "_"];
    expect(names.split(" ").filter((name) => name !== "" && !own.includes(name))).toEqual(
      ["AGENT_ORCHESTRATOR_API_URL", "AGENT_SESSION_ID", "HOME", "LANG", "PATH", "PROJECT_DIR"].sort(),
    );
  });
});

interface StartOptions {
  readonly url?: string;
  readonly projectDir?: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

function start(profile: string, { url = coordinator.url, projectDir = directory, args = [], env }: StartOptions = {}) {
  const variables = { AGENT_ORCHESTRATOR_API_URL: url, PROFILE: profile, PROJECT_DIR: projectDir, ...env };
  const runner = new Leasehold(["start", ...args], { env: variables });
  runners.push(runner);
  return runner;
}

/** Resolves when the coordinator has heard a registration of the runner. */
async function ready(runner: Leasehold): Promise<Leasehold> {
  const ended = runner.exit().then((code) => {
    throw new Error(`the runner ended with ${code}:\n${runner.stderr}`);
  });
  const heard = coordinator.recorded(({ path, status }) => path === "/runner/register" && status === 200);
  await Promise.race([heard, ended]);
  ended.catch(() => undefined);
  return runner;
}

async function submit(agent: string, parameters: Record<string, unknown>): Promise<{ run: string; session: string }> {
  const answer = await post("/runs", { type: "start_session", agent_name: agent, parameters });
  const { run_id: run, session_id: session } = answer as { run_id: string; session_id: string };
  return { run, session };
}

function reported(run: string, report: string): Promise<RecordEntry> {
  return coordinator.recorded(({ path }) => path === `/runner/runs/${run}/${report}`);
}

function requestsOf(run: string, session: string): string[] {
  return coordinator.record
    .filter(({ method, path }) => method === "POST" && (path.includes(run) || path.includes(session)))
    .map(({ method, path }) => `${method} ${path}`);
}

async function resultEvent(session: string): Promise<unknown> {
  const { events } = (await get(`/sessions/${session}/events`)) as { events: Record<string, unknown>[] };
  return events.find((event) => event["event_type"] === "result")?.["result_data"];
}

async function get(path: string): Promise<unknown> {
  return (await fetch(coordinator.url + path)).json();
}

async function post(path: string, body: unknown = {}): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return (await fetch(coordinator.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

function peakMegabytes({ child }: Leasehold): number {
  const [, kilobytes = "0"] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
