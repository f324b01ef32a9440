import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reopened } from "../fixtures/reopened.ts";
import { Leasehold } from "./leasehold.ts";
import { isAlive, pidsIn } from "./processes.ts";

let directory: string;
let coordinator: EmbeddedCoordinator;
const runners: Leasehold[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-deregistered-"));
  coordinator = await startEmbeddedCoordinator({ port: 0, data: dataFile(), pollTimeoutSeconds: 2 });
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

describe("a runner that is deregistered from outside while it works", () => {
  it("ends at once with nothing left behind, and its successor reports the outcome", async () => {
    const first = await started();
    const { run, session } = await submit();
    const pids = await pidsIn(join(directory, `${session}.pids`));
    await coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/started` && status === 200);
    const { runners: listed } = (await get("/runners")) as { runners: { runner_id: string }[] };
    const told = performance.now();
    await fetch(`${coordinator.url}/runners/${listed[0]?.runner_id}`, { method: "DELETE" });
    expect(await first.exit()).toBe(0);
    // Its whole patience for the last reports would be 10 s.
    expect(performance.now() - told).toBeLessThan(8_000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await get(`/runs/${run}`)).toMatchObject({ status: "running" });
    await started();
    await coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/stopped` && status === 200);
  });
});

describe("a runner that fences itself", () => {
  it("stops its work when the coordinator is silent, and reports it when that is back", async () => {
    const runner = await started({ LEASEHOLD_FENCE_AFTER_SECONDS: "3" });
    const { run, session } = await submit();
    const pids = await pidsIn(join(directory, `${session}.pids`));
    await coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/started` && status === 200);
    const { port } = coordinator;
    await coordinator.close();
    await runner.said("the lease counts as lost");
    await runner.said("run stopped");
    expect(pids.filter(isAlive)).toEqual([]);
    coordinator = await reopened(() => startEmbeddedCoordinator({ port, data: dataFile(), pollTimeoutSeconds: 2 }));
    await coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/stopped` && status === 200);
    expect(runner.child.exitCode).toBeNull();
  });
});

function dataFile(): string {
  return join(directory, "coordinator.sqlite");
}

async function started(env: Record<string, string> = {}): Promise<Leasehold> {
  const variables = { AGENT_ORCHESTRATOR_API_URL: coordinator.url, PROFILE: "misbehaving", PROJECT_DIR: directory };
  const runner = new Leasehold(["start"], { env: { ...variables, LEASEHOLD_JOURNAL: "durable", ...env } });
  runners.push(runner);
  await runner.said("registered at");
  return runner;
}

async function submit(): Promise<{ run: string; session: string }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "start_session", agent_name: "lasting", parameters: {} });
  const answer = await (await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body })).json();
  const { run_id: run, session_id: session } = answer as { run_id: string; session_id: string };
  return { run, session };
}

async function get(path: string): Promise<unknown> {
  return (await fetch(coordinator.url + path)).json();
}
