import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reopened } from "../fixtures/reopened.ts";
import { type Fault, Middleman } from "../plugins/coordinator/middleman.ts";
import { CoordinatorProcess } from "./coordinator-process.ts";
import { Leasehold } from "./leasehold.ts";

const RUNS = 50;
const POLL_SECONDS = 1;

let directory: string;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-outage-"));
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(directory, { recursive: true, force: true });
});

describe("a coordinator that is gone for three poll timeouts in the middle of 50 runs", { timeout: 120_000 }, () => {
  it("loses nothing when it was killed and comes back without its registry", async () => {
    const data = join(directory, "coordinator.sqlite");
    let coordinator = await CoordinatorProcess.start(data);
    ends.push(() => coordinator.dispose());
    const runner = await leasing(coordinator.url);
    const runs = await submitAll(coordinator.url, 0.2);
    await someOver(coordinator.url, runs, 10);
    const { port } = coordinator;
    await coordinator.kill();
    await sleep(3 * POLL_SECONDS * 1_000);
    coordinator = await reopened(() => CoordinatorProcess.start(data, port));
    // What a poll had claimed when its answer died with the coordinator never reached the runner: it is settled, as failed.
    const lost = await neverReceived(coordinator.url, runs);
    expect(lost.size).toBeLessThanOrEqual(1);
    const received = runs.filter(({ run }) => !lost.has(run));
    expect(await allOver(coordinator.url, received)).toEqual(expectedOf(received));
    expect(runner.child.exitCode).toBeNull();
    expect(runner.stderr.match(/registered at/g)).toHaveLength(2);
  });

  it("loses nothing when it could not be reached and still knows the runner", async () => {
    const coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: POLL_SECONDS });
    ends.push(() => coordinator.close());
    const middleman = await between(coordinator);
    const runner = await leasing(middleman.url);
    const runs = await submitAll(coordinator.url, 0.2);
    await someOver(coordinator.url, runs, 10);
    middleman.fault = () => "cut";
    middleman.cutAll();
    await sleep(3 * POLL_SECONDS * 1_000);
    middleman.fault = () => "pass";
    // What a poll had claimed when its answer was cut is settled, as failed.
    const lost = await neverReceived(coordinator.url, runs);
    expect(lost.size).toBeLessThanOrEqual(1);
    const received = runs.filter(({ run }) => !lost.has(run));
    expect(await allOver(coordinator.url, received)).toEqual(expectedOf(received));
    expect(terminalReports(coordinator, runs)).toEqual(runs.map(({ run }) => [run, 1]));
    expect(runner.child.exitCode).toBeNull();
    expect(runner.stderr.match(/registered at/g)).toHaveLength(1);
  });
});

describe("while the coordinator misbehaves", () => {
  it.each<[Fault]>([["cut"], ["500"], ["garbage"], ["hang"], ["slow"], ["lose"]])(
    "work goes on, its result is kept, and leasing resumes by itself: %s",
    { timeout: 60_000 },
    async (fault) => {
      const coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: POLL_SECONDS });
      ends.push(() => coordinator.close());
      const middleman = await between(coordinator);
      const runner = await leasing(middleman.url);
      const during = await submit(coordinator.url, 7, 1);
      await coordinator.recorded(({ path }) => path === `/runner/runs/${during.run}/started`);
      middleman.fault = () => fault;
      if (fault !== "hang") middleman.cutAll();
      await runner.said("run succeeded");
      middleman.fault = () => "pass";
      if (fault === "hang") middleman.cutAll();
      const after = await submit(coordinator.url, 8);
      expect(await allOver(coordinator.url, [during, after])).toEqual(expectedOf([during, after]));
      expect(terminalReports(coordinator, [during, after])).toEqual([
        [during.run, 1],
        [after.run, 1],
      ]);
      expect(runner.child.exitCode).toBeNull();
    },
  );
});

interface Submitted {
  readonly run: string;
  readonly session: string;
  readonly number: number;
}

async function between(coordinator: EmbeddedCoordinator): Promise<Middleman> {
  const middleman = await Middleman.start(() => coordinator.url);
  ends.push(() => middleman[Symbol.asyncDispose]());
  return middleman;
}

async function leasing(url: string): Promise<Leasehold> {
  const variables = { AGENT_ORCHESTRATOR_API_URL: url, PROFILE: "misbehaving", PROJECT_DIR: directory };
  const env = { ...variables, LEASEHOLD_JOURNAL: "durable", LEASEHOLD_CONCURRENCY: "8", POLL_TIMEOUT: "1" };
  const runner = new Leasehold(["start"], { env });
  ends.push(async () => {
    runner.signal("SIGTERM");
    await runner.exit();
  });
  await runner.said("registered at");
  return runner;
}

function submitAll(url: string, seconds: number): Promise<Submitted[]> {
  return Promise.all(Array.from({ length: RUNS }, (_, number) => submit(url, number, seconds)));
}

async function submit(url: string, number: number, seconds = 0): Promise<Submitted> {
  const parameters = { number, seconds };
  const body = JSON.stringify({ type: "start_session", agent_name: "numbered", parameters });
  const answer = await fetch(`${url}/runs`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { run_id: run, session_id: session } = (await answer.json()) as { run_id: string; session_id: string };
  expect(answer.status).toBe(201);
  return { run, session, number };
}

async function get(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

async function statuses(url: string, runs: readonly Submitted[]): Promise<unknown[]> {
  return Promise.all(runs.map(async ({ run }) => (await get(`${url}/runs/${run}`))["status"]));
}

async function someOver(url: string, runs: readonly Submitted[], count: number): Promise<void> {
  const over = async () => (await statuses(url, runs)).filter((status) => status === "completed").length;
  await expect.poll(over, { timeout: 30_000, interval: 20 }).toBeGreaterThan(count);
}

/** What became of runs, with the numbers in their results, once all are over. */
async function allOver(url: string, runs: readonly Submitted[]): Promise<unknown[]> {
  const open = async () =>
    (await statuses(url, runs)).filter((status) => !/completed|failed|stopped/.test(`${status}`));
  await expect.poll(open, { timeout: 90_000, interval: 50 }).toEqual([]);
  const ended = await statuses(url, runs);
  const results = await Promise.all(runs.map(({ session }) => get(`${url}/sessions/${session}/result`)));
  return runs.map(({ run }, index) => [run, ended[index], results[index]?.["result_data"]]);
}

/** Runs that were settled because the answer that held them was lost, once all are over. */
async function neverReceived(url: string, runs: readonly Submitted[]): Promise<Set<string>> {
  await allOver(url, runs);
  const ended = await Promise.all(runs.map(({ run }) => get(`${url}/runs/${run}`)));
  const lost = ended.filter(({ error }) => `${error}`.includes("never received this run"));
  return new Set(lost.map(({ run_id }) => run_id as string));
}

function expectedOf(runs: readonly Submitted[]): unknown[] {
  return runs.map(({ run, number }) => [run, "completed", { number }]);
}

function terminalReports({ record }: EmbeddedCoordinator, runs: readonly Submitted[]): unknown[] {
  return runs.map(({ run }) => [
    run,
    record.filter(
      ({ path, status }) => status === 200 && new RegExp(`/runner/runs/${run}/(completed|failed|stopped)`).test(path),
    ).length,
  ]);
}
