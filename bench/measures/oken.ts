import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { median } from "../hold-contest.ts";
import type { Measure } from "../measure.ts";
import { OkenStage } from "./oken-stage.ts";

const NEEDS = "docker" as const;

/** Calls to a warm agent, through the runner and beside it. */
export const warmInvoke: Measure = {
  name: "oken: warm invoke, concurrency 32",
  unit: "calls/s",
  baseline: "the agent's container called directly",
  bar: { kind: "ratio at least", limit: 0.45 },
  needs: NEEDS,
  async open(scale) {
    const count = scale === "quick" ? 64 : 20_000;
    const stage = await OkenStage.open({});
    await stage.deploy();
    const bare = await stage.startBare();
    return {
      value: () => stage.caller.call<number>("rate", stage.url, stage.path, count, 32),
      baseline: () => stage.caller.call<number>("rate", bare, "/invoke", count, 32),
      close: () => stage.close(),
    };
  },
};

/** What the runner adds to one call. */
export const invokeLatency: Measure = {
  name: "oken: warm invoke, one at a time, p50",
  unit: "ms",
  baseline: "the agent's container called directly",
  bar: { kind: "more at most", limit: 1 },
  needs: NEEDS,
  async open(scale) {
    const count = scale === "quick" ? 10 : 400;
    const stage = await OkenStage.open({});
    await stage.deploy();
    const bare = await stage.startBare();
    return {
      value: () => stage.caller.call<number>("latency", stage.url, stage.path, count),
      baseline: () => stage.caller.call<number>("latency", bare, "/invoke", count),
      close: () => stage.close(),
    };
  },
};

/** From a call to a frozen agent to its answer. */
export const wakeFrozen: Measure = {
  name: "oken: wake from frozen",
  unit: "ms",
  baseline: "unpause, then call",
  bar: { kind: "ratio at most", limit: 2 },
  rounds: 5,
  needs: NEEDS,
  async open(scale) {
    const stage = await OkenStage.open({ toml: "freeze_after = 1\n" });
    await stage.deploy();
    const bare = await stage.startBare();
    return {
      value: () => medianOf(scale === "quick" ? 1 : 3, () => calledWhen(stage, "paused")),
      baseline: () =>
        medianOf(scale === "quick" ? 1 : 3, async () => {
          await stage.bare.pause();
          const from = now();
          await stage.bare.unpause();
          return (await stage.caller.call<number>("firstByte", bare, "/invoke")) - from;
        }),
      close: () => stage.close(),
    };
  },
};

/** From a call to a stopped agent to its answer. */
export const wakeStopped: Measure = {
  name: "oken: wake from stopped",
  unit: "ms",
  baseline: "docker start, then call",
  bar: { kind: "ratio at most", limit: 1.5 },
  rounds: 5,
  needs: NEEDS,
  async open(scale) {
    const stage = await OkenStage.open({ toml: "warm_timeout = 0\n" });
    await stage.deploy();
    await stage.until("exited");
    await stage.startBare();
    return {
      value: () => medianOf(scale === "quick" ? 1 : 3, () => calledWhen(stage, "exited")),
      baseline: () =>
        medianOf(scale === "quick" ? 1 : 3, async () => {
          await stage.bare.stop({ t: 5 });
          const from = now();
          await stage.bare.start();
          return (await stage.caller.call<number>("firstByte", await stage.bareUrl(), "/invoke")) - from;
        }),
      close: () => stage.close(),
    };
  },
};

/** Deployments of unchanged code that built an image all the same. */
export const redeploy: Measure = {
  name: "oken: builds by five unchanged redeploys",
  unit: "builds",
  bar: { kind: "at most", limit: 0 },
  rounds: 1,
  needs: NEEDS,
  async open() {
    const stage = await OkenStage.open({});
    await stage.deploy();
    return {
      async value() {
        const logs: string[] = [];
        for (let turn = 0; turn < 5; turn++) logs.push(await stage.deploy());
        return logs.filter((log) => !log.startsWith("unchanged:")).length;
      },
      close: () => stage.close(),
    };
  },
};

/** Growth of the runner's resident memory, at its peak, while a large archive is received, built and started. */
export const archiveMemory: Measure = {
  name: "oken: memory of a 200 MB archive",
  unit: "MB",
  bar: { kind: "at most", limit: 64 },
  rounds: 3,
  needs: NEEDS,
  async open(scale) {
    const options = { archiveBytes: 2 ** 29, expandedBytes: 2 ** 30, buildTimeoutSeconds: 600 };
    const stage = await OkenStage.open({ options });
    await stage.deploy();
    return {
      async value() {
        const files = scale === "quick" ? 2 : 20;
        for (let number = 0; number < files; number++)
          await writeFile(join(stage.folder, `${number}.bin`), randomBytes(10_000_000));
        const before = await stage.runner.call<number>("residentBytes");
        await stage.runner.call("forgetPeak");
        await stage.deploy();
        return ((await stage.runner.call<number>("peakBytes")) - before) / 1e6;
      },
      close: () => stage.close(),
    };
  },
};

async function calledWhen(stage: OkenStage, state: "paused" | "exited"): Promise<number> {
  await stage.until(state);
  const from = now();
  return (await stage.caller.call<number>("firstByte", stage.url, stage.path)) - from;
}

async function medianOf(times: number, measure: () => Promise<number>): Promise<number> {
  const found: number[] = [];
  for (let turn = 0; turn < times; turn++) found.push(await measure());
  return median(found);
}

/** Milliseconds on the machine's monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
