import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

const BIN = new URL("../../core/bin/leasehold.js", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

/** From the start of the process to its first poll, built packages and the repository's own configuration. */
export const startUp: Measure = {
  name: "process start to first poll",
  unit: "ms",
  baseline: "node -e 0",
  bar: { kind: "more at most", limit: 250 },
  rounds: 9,
  async open() {
    const coordinator = new Subject("coordinator");
    const url = await coordinator.call<string>("url");
    return {
      async value() {
        const projectDir = await mkdtemp(join(tmpdir(), "leasehold-bench-"));
        await coordinator.call("expectPoll");
        const from = now();
        const runner = startRunner(url, projectDir);
        const at = await coordinator.call<number>("polled");
        await end(runner);
        await rm(projectDir, { recursive: true });
        return at - from;
      },
      async baseline() {
        const from = now();
        await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "close");
        return now() - from;
      },
      close: () => coordinator.close(),
    };
  },
};

/** Resident memory of a runner that waits for work. */
export const idleMemory: Measure = {
  name: "idle memory, default plugins",
  unit: "MB",
  baseline: "an idle node",
  bar: { kind: "more at most", limit: 35 },
  rounds: 5,
  async open() {
    const coordinator = new Subject("coordinator");
    const url = await coordinator.call<string>("url");
    return {
      async value() {
        const projectDir = await mkdtemp(join(tmpdir(), "leasehold-bench-"));
        await coordinator.call("expectPoll");
        const runner = startRunner(url, projectDir);
        await coordinator.call("polled");
        const megabytes = await settledMemory(runner);
        await end(runner);
        await rm(projectDir, { recursive: true });
        return megabytes;
      },
      async baseline() {
        const node = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
        const megabytes = await settledMemory(node);
        await end(node);
        return megabytes;
      },
      close: () => coordinator.close(),
    };
  },
};

function startRunner(url: string, projectDir: string): ChildProcess {
  const { PATH = "", HOME = "/" } = process.env;
  return spawn(process.execPath, [BIN, "start"], {
    cwd: ROOT,
    env: { PATH, HOME, AGENT_ORCHESTRATOR_API_URL: url, PROJECT_DIR: projectDir },
    stdio: "ignore",
  });
}

/** Resident megabytes once the process has been left alone for a while. */
async function settledMemory(child: ChildProcess): Promise<number> {
  await delay(1_500);
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

/** Milliseconds on the machine's monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
