import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

const BIN = new URL("../../core/bin/leasehold.js", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;
const WITH_OKEN = new URL("../subjects/with-docker-oken.config.ts", import.meta.url).pathname;
/** An API that does not answer by then never will. */
const PATIENCE_MS = 20_000;

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
      value: () => idleRunner(coordinator, (projectDir) => startRunner(url, projectDir)),
      baseline: idleNode,
      close: () => coordinator.close(),
    };
  },
};

/** The same with docker-oken beside the default plugins, once its API answers. */
export const idleMemoryWithOken: Measure = {
  name: "idle memory, with docker-oken",
  unit: "MB",
  baseline: "an idle node",
  bar: { kind: "more at most", limit: 60 },
  rounds: 5,
  needs: "docker",
  async open() {
    const coordinator = new Subject("coordinator");
    const url = await coordinator.call<string>("url");
    const network = `oken-bench-${process.pid}`;
    return {
      async value() {
        const port = await freePort();
        return idleRunner(
          coordinator,
          (projectDir) => startRunner(url, projectDir, okenEnvironment(projectDir, network, port)),
          () => answering(`http://127.0.0.1:${port}/health`),
        );
      },
      baseline: idleNode,
      async close() {
        await coordinator.close();
        const { default: Docker } = await import("dockerode");
        // Made with the first agent only.
        await new Docker()
          .getNetwork(network)
          .remove()
          .catch(() => undefined);
      },
    };
  },
};

async function idleRunner(
  coordinator: Subject,
  start: (projectDir: string) => ChildProcess,
  ready: () => Promise<void> = async () => undefined,
): Promise<number> {
  const projectDir = await mkdtemp(join(tmpdir(), "leasehold-bench-"));
  await coordinator.call("expectPoll");
  const runner = start(projectDir);
  await coordinator.call("polled");
  await ready();
  const megabytes = await settledMemory(runner);
  await end(runner);
  await rm(projectDir, { recursive: true });
  return megabytes;
}

async function idleNode(): Promise<number> {
  const node = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
  const megabytes = await settledMemory(node);
  await end(node);
  return megabytes;
}

function okenEnvironment(projectDir: string, network: string, port: number): NodeJS.ProcessEnv {
  const { DOCKER_HOST, OKEN_BASE_IMAGE } = process.env;
  return {
    LEASEHOLD_CONFIG: WITH_OKEN,
    OKEN_DATA_DIR: join(projectDir, "oken"),
    OKEN_DOCKER_NETWORK: network,
    OKEN_PORT: String(port),
    ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
    ...(OKEN_BASE_IMAGE === undefined ? {} : { OKEN_BASE_IMAGE }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answering(url: string): Promise<void> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await delay(20, undefined, { signal: late });
}

function startRunner(url: string, projectDir: string, more: NodeJS.ProcessEnv = {}): ChildProcess {
  const { PATH = "", HOME = "/" } = process.env;
  return spawn(process.execPath, [BIN, "start"], {
    cwd: ROOT,
    env: { PATH, HOME, AGENT_ORCHESTRATOR_API_URL: url, PROJECT_DIR: projectDir, ...more },
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
