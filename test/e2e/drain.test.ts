import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Leasehold } from "./leasehold.ts";
import { isAlive, pidsIn } from "./processes.ts";

let directory: string;
let coordinator: EmbeddedCoordinator;
const called: Leasehold[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-e2e-"));
  coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 30 });
});

afterEach(async () => {
  await Promise.all(called.splice(0).map((one) => one.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

describe("a drain", () => {
  it("deregisters at once although a long poll is open", async () => {
    const runner = await registered();
    expect(await leasehold("drain").exit()).toBe(0);
    expect(await runner.exit()).toBe(0);
    expect(await runners()).toEqual([]);
    // The poll has brought the coordinator's answer: none of it is left to claim a run for nobody.
    const polls = coordinator.record.filter(({ method, path }) => method === "GET" && path.startsWith("/runner/runs"));
    expect(polls.at(-1)).toMatchObject({ status: 200 });
  });

  it("stops what outlasts it, reports that and deregisters, all in its budget", async () => {
    const runner = await registered({ LEASEHOLD_DRAIN_TIMEOUT: "0.5", LEASEHOLD_SHUTDOWN_SECONDS: "15" });
    const { run } = await submit("stubborn");
    const pids = await pidsIn(join(directory, "ready"));
    runner.signal("SIGTERM");
    expect(await runner.exit()).toBe(0);
    expect([await statusOf(run), await runners(), pids.filter(isAlive)]).toEqual(["stopped", [], []]);
    expect(runner.stderr).toMatch(/"signals":\["SIGTERM","SIGKILL"\],"survivors":0/);
  });

  it("can be turned into a stop by a second call", async () => {
    const runner = await registered({ LEASEHOLD_DRAIN_TIMEOUT: "600" });
    const { run } = await submit("stubborn");
    await pidsIn(join(directory, "ready"));
    const first = leasehold("drain");
    await first.printed(`draining (pid ${runner.child.pid}); coordinator`);
    expect(await leasehold("drain", "--stop").exit()).toBe(0);
    expect([await first.exit(), await runner.exit(), await statusOf(run)]).toEqual([0, 0, "stopped"]);
    expect(first.stdout).toContain("stopping");
  });

  it("waits no longer than its budget for a coordinator that is gone", async () => {
    const runner = await registered({ LEASEHOLD_DRAIN_TIMEOUT: "0.1", LEASEHOLD_SHUTDOWN_SECONDS: "3" });
    await coordinator.close();
    runner.signal("SIGTERM");
    expect(await runner.exit()).toBe(0);
    expect(runner.stderr).toContain("could not deregister");
  });
});

describe("leasehold health", () => {
  it("reflects the registration", async () => {
    const runner = start();
    await runner.said("registered at");
    const healthy = leasehold("health");
    expect(await healthy.exit()).toBe(0);
    expect(healthy.stdout).toMatch(/coordinator: ready, registered as lnch_/);
  });

  it("fails while there is no coordinator to register with", async () => {
    await coordinator.close();
    await start().said("ECONNREFUSED");
    const sick = leasehold("health");
    expect(await sick.exit()).toBe(1);
    expect(sick.stdout).toContain("coordinator: not registered");
  });
});

function start(env: Record<string, string> = {}): Leasehold {
  return call(["start"], env);
}

async function registered(env: Record<string, string> = {}): Promise<Leasehold> {
  const runner = start(env);
  await runner.said("registered at");
  return runner;
}

function leasehold(...args: string[]): Leasehold {
  return call(args, {});
}

function call(args: readonly string[], env: Record<string, string>): Leasehold {
  const own = { AGENT_ORCHESTRATOR_API_URL: coordinator.url, PROFILE: "misbehaving", PROJECT_DIR: directory };
  const one = new Leasehold(args, { env: { ...own, LEASEHOLD_JOURNAL: "durable", ...env } });
  called.push(one);
  return one;
}

async function submit(agent: string): Promise<{ run: string }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "start_session", agent_name: agent, parameters: {} });
  const answer = await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body });
  return { run: ((await answer.json()) as { run_id: string }).run_id };
}

async function statusOf(run: string): Promise<string> {
  return ((await (await fetch(`${coordinator.url}/runs/${run}`)).json()) as { status: string }).status;
}

async function runners(): Promise<unknown[]> {
  return ((await (await fetch(`${coordinator.url}/runners`)).json()) as { runners: unknown[] }).runners;
}
