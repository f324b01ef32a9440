import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Broker } from "../../../../../plugins/command-executor/src/launcher/broker/broker.ts";
import { BrokerPool, type Lane } from "../../../../../plugins/command-executor/src/launcher/broker/broker-pool.ts";
import { ProcFiles } from "../../../../../plugins/command-executor/src/launcher/proc-files.ts";
import { ProcessTags } from "../../../../../plugins/command-executor/src/launcher/process-tags.ts";
import { findTaggingProgram } from "../../../../../plugins/command-executor/src/launcher/tagging-program.ts";
import { bash, isAlive } from "../processes.ts";

async function openPool(mostLanes: number) {
  const tags = new ProcessTags();
  const pool = new BrokerPool(mostLanes, (await findTaggingProgram(tags.take()!))!, tags, console);
  onTestFinished(() => pool.close());
  return pool;
}

async function laneOf(pool: BrokerPool): Promise<Lane> {
  for (;;) {
    const lane = pool.lane();
    if (lane) return lane;
    await nextTurn();
  }
}

async function sharedOf(pool: BrokerPool): Promise<Broker> {
  for (;;) {
    const broker = pool.shared(true);
    if (broker) return broker;
    await nextTurn();
  }
}

/** The pids of this process's brokers that live, ready or not. */
function brokers(): number[] {
  const files = new ProcFiles();
  const children = files.pids().filter((pid) => files.facts(pid)?.parent === process.pid && isAlive(pid));
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("/broker/main."));
}

/** Lets so much time pass for whoever asks for it, without waiting. */
function clock() {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms: number) => void vi.advanceTimersByTime(ms);
}

describe("a pool of brokers", () => {
  it("hands out no lane that it ends for idleness", async () => {
    const pass = clock();
    const pool = await openPool(1);
    const lane = await laneOf(pool);
    pool.giveBack(lane, true);
    pass(80_000);
    expect(pool.lane()).toBeUndefined();
    await expect(lane.broker.spawn([], bash("true"))).rejects.toThrow();
    await lane.broker.gone;
  });

  it("keeps a shared broker that was asked for a moment ago", async () => {
    const pass = clock();
    const pool = await openPool(1);
    const broker = await sharedOf(pool);
    for (let turn = 0; turn < 6; turn++) {
      pass(14_000);
      expect(pool.shared(true)).toBe(broker);
    }
    const { ended } = await broker.spawn([], bash("exit 3"));
    expect(await ended).toMatchObject({ code: 3 });
  });

  it("starts no lanes for runs that can have none", async () => {
    const pool = await openPool(3);
    await sharedOf(pool);
    expect(brokers().length).toBeLessThanOrEqual(2);
  });

  it("leaves no directory when its last broker has ended", async () => {
    const tmp = await mkdtemp(join(tmpdir(), "pool-"));
    vi.stubEnv("TMPDIR", tmp);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(tmp, { recursive: true });
    });
    const pool = await openPool(1);
    const { broker } = await laneOf(pool);
    expect(await readdir(tmp)).toHaveLength(1);
    broker.kill();
    while ((await readdir(tmp)).length > 0);
    const next = await laneOf(pool);
    pool.giveBack(next, true);
    expect(await readdir(tmp)).toHaveLength(1);
  });

  it("ends a broker that has only begun to start", async () => {
    const pool = await openPool(1);
    for (; brokers().length === 0; pool.shared(true)) await nextTurn();
    await pool.close();
    expect(brokers()).toEqual([]);
  });

  it("starts nothing when it is closed before it has a socket", async () => {
    const pool = await openPool(1);
    for (let ask = 0; ask < 2; ask++) pool.shared(true);
    await pool.close();
    expect(brokers()).toEqual([]);
  });
});
