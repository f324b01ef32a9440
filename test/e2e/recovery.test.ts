import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reopened } from "../fixtures/reopened.ts";
import { Leasehold } from "./leasehold.ts";
import { isAlive, pidsIn } from "./processes.ts";

const RUNS = 20;
let directory: string;
let data: string;
let coordinator: EmbeddedCoordinator;
const runners: Leasehold[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-recovery-"));
  data = join(directory, "coordinator.sqlite");
  coordinator = await startEmbeddedCoordinator({ port: 0, data, pollTimeoutSeconds: 2 });
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

describe("a runner that is killed and started again", () => {
  it("settles the runs of its predecessor once, and ends their processes", async () => {
    const first = await started({ LEASEHOLD_CONCURRENCY: String(RUNS) });
    const runs = await Promise.all(Array.from({ length: RUNS }, () => submit("lasting", {})));
    const pids = (await Promise.all(runs.map(({ session }) => pidsIn(join(directory, `${session}.pids`))))).flat();
    await first.kill();
    expect(pids.filter(isAlive)).toHaveLength(pids.length);
    const online = (await get("/runners")) as { runners: { status: string; registered_at: string }[] };
    expect(online.runners).toMatchObject([{ status: "online" }]);
    const second = start();
    await second.said("going on under its id");
    await Promise.all(runs.map(({ run }) => reported(run, "failed")));
    expect(pids.filter(isAlive)).toEqual([]);
    for (const { run } of runs) {
      expect(terminalReportsOf(run)).toEqual(["failed"]);
      expect(await get(`/runs/${run}`)).toMatchObject({ status: "failed", error: "runner restarted" });
    }
    const { run } = await submit("list", {});
    await reported(run, "completed");
    expect(second.child.exitCode).toBeNull();
    // The coordinator never noticed: nobody registered anew.
    const registrations = coordinator.record.filter(
      ({ path, status }) => path === "/runner/register" && status === 200,
    );
    expect(registrations).toHaveLength(1);
  });

  it("settles what its predecessor's poll claimed while it was dying", async () => {
    await coordinator.close();
    coordinator = await startEmbeddedCoordinator({ port: 0, data, pollTimeoutSeconds: 30, reference: true });
    const first = await started();
    const { runners } = (await get("/runners")) as { runners: { runner_id: string }[] };
    await coordinator.polling(runners[0]?.runner_id as string);
    await first.kill();
    // The reference's coordinator goes on answering the poll of the dead.
    const { run } = await submit("list", {});
    await coordinator.recorded(({ delivered }) => JSON.stringify(delivered ?? {}).includes(run));
    start();
    await reported(run, "failed");
    expect(await get(`/runs/${run}`)).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/never received/),
    });
  });

  it("delivers the results that its predecessor owed", async () => {
    const first = await started();
    const { run, session } = await submit("waiting", {});
    await reported(run, "started");
    const { port } = coordinator;
    await coordinator.close();
    await writeFile(join(directory, "go"), "");
    await first.said("run succeeded");
    await first.kill();
    coordinator = await reopened(() => startEmbeddedCoordinator({ port, data, pollTimeoutSeconds: 2 }));
    await started();
    await reported(run, "completed");
    expect(terminalReportsOf(run)).toEqual(["completed"]);
    const result = await (await fetch(`${coordinator.url}/sessions/${session}/result`)).text();
    expect(result).toMatch(/\{"exact": ?\[1\.0, 12345678901234567890\]\}/);
  });

  it("keeps no secret in its journal, and that for itself alone", async () => {
    const runner = await started({ AUTH0_RUNNER_CLIENT_SECRET: "hunter2hunter2" });
    const { run } = await submit("list", { password: "hunter2hunter2" });
    await reported(run, "completed");
    const state = join(directory, ".leasehold", "misbehaving");
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(state)) {
      expect((await stat(join(state, file))).mode & 0o777).toBe(0o600);
      if (file === "control") continue;
      expect(await readFile(join(state, file), "latin1")).not.toMatch(/hunter2|scope/);
    }
    expect(runner.child.exitCode).toBeNull();
  });

  it("refuses to share its state directory", async () => {
    await started();
    const second = start();
    expect(await second.exit()).toBe(1);
    expect(second.stderr).toContain(`state directory ${directory}/.leasehold/misbehaving [STATE_DIR_LOCKED]`);
  });
});

function start(env: Record<string, string> = {}): Leasehold {
  const variables = { AGENT_ORCHESTRATOR_API_URL: coordinator.url, PROFILE: "misbehaving", PROJECT_DIR: directory };
  const runner = new Leasehold(["start"], { env: { ...variables, LEASEHOLD_JOURNAL: "durable", ...env } });
  runners.push(runner);
  return runner;
}

async function started(env?: Record<string, string>): Promise<Leasehold> {
  const runner = start(env);
  await runner.said("registered at");
  return runner;
}

async function submit(agent: string, parameters: Record<string, unknown>): Promise<{ run: string; session: string }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "start_session", agent_name: agent, parameters });
  const answer = await (await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body })).json();
  const { run_id: run, session_id: session } = answer as { run_id: string; session_id: string };
  return { run, session };
}

function reported(run: string, report: string) {
  return coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/${report}` && status === 200);
}

function terminalReportsOf(run: string): string[] {
  return coordinator.record
    .filter(({ path, status }) => path.startsWith(`/runner/runs/${run}/`) && status === 200)
    .map(({ path }) => path.split("/").at(-1) as string)
    .filter((report) => report !== "started");
}

async function get(path: string): Promise<unknown> {
  return (await fetch(coordinator.url + path)).json();
}
