import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Leasehold } from "./leasehold.ts";
import { isAlive, pidsIn } from "./processes.ts";

let directory: string;
let coordinator: EmbeddedCoordinator;
const runners: Leasehold[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-deregistered-"));
  coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 2, reference: true });
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

it("a run that a deregistration ends is reported by the next start (AOF-D29, AOF-H10)", {
  timeout: 60_000,
}, async () => {
  const first = await started();
  const { run, session } = await submit("lasting");
  const pids = await pidsIn(join(directory, `${session}.pids`));
  await deregister();
  expect(await first.exit()).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await get(`/runs/${run}`)).toMatchObject({ status: "running" });
  await started();
  await coordinator.recorded(({ path, status }) => path === `/runner/runs/${run}/stopped` && status === 200);
  expect(await get(`/runs/${run}`)).toMatchObject({ status: "stopped" });
  expect(await get(`/sessions/${session}/status`)).toEqual({ status: "stopped" });
});

async function started(): Promise<Leasehold> {
  const env = {
    AGENT_ORCHESTRATOR_API_URL: coordinator.url,
    PROFILE: "misbehaving",
    PROJECT_DIR: directory,
    LEASEHOLD_JOURNAL: "durable",
  };
  const runner = new Leasehold(["start"], { env });
  runners.push(runner);
  await runner.said("registered at");
  return runner;
}

async function submit(agent: string): Promise<{ run: string; session: string }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "start_session", agent_name: agent, parameters: {} });
  const answer = await (await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body })).json();
  const { run_id: run, session_id: session } = answer as { run_id: string; session_id: string };
  return { run, session };
}

async function deregister(): Promise<void> {
  const { runners: registered } = (await get("/runners")) as { runners: { runner_id: string }[] };
  await fetch(`${coordinator.url}/runners/${registered[0]?.runner_id}`, { method: "DELETE" });
}

async function get(path: string): Promise<unknown> {
  return (await fetch(coordinator.url + path)).json();
}
