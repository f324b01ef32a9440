// A runner in a process of its own.
import { spawn } from "node:child_process";
import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { type Accepted, createRunner, definePlugin, type Plugin, type Runner } from "leasehold";
import pino from "pino";
import { HELLO } from "./bare-command.ts";
import { idleTaps, nothing, offering, spawnClock } from "./bench-plugins.ts";
import { inTurn } from "./in-turn.ts";
import { MemorySource } from "./memory-source.ts";
import { serve } from "./serve.ts";

/** What a measure asks of its runner. */
export interface Setting {
  readonly slots: number;
  readonly executor: "command" | "nothing";
  /** Milliseconds that an executor of kind `nothing` takes. */
  readonly ms?: number;
  /** Leases from here; from memory unless given. */
  readonly url?: string;
  /** What its agent is called; `hello` unless given. */
  readonly agent?: string;
  readonly journal?: "durable" | "memory";
  readonly taps?: number;
}

const projectDir = await mkdtemp(join(tmpdir(), "leasehold-bench-"));
const drain = new AbortController();
const spawnTimes: number[] = [];
let runner: Runner | undefined;
let leasing: Promise<void> | undefined;
let source = new MemorySource(1);
let waiting: Accepted[] = [];
let executed = 0;
let requests = 0;
let connections = 0;
let leased: PromiseWithResolvers<number> = Promise.withResolvers();
diagnostics.subscribe("undici:request:create", () => void requests++);
diagnostics.subscribe("undici:client:connected", () => void connections++);

serve(
  {
    start,
    pass,
    offerAll,
    stopAll,
    spawnings,
    spawnCalls,
    execute,
    memory,
    handles,
    cpuSeconds,
    traffic,
    expectLease,
    leasedAt,
  },
  close,
);

async function start({ slots, executor, ms = 0, url, agent = "hello", journal = "memory", taps = 0 }: Setting) {
  source = new MemorySource(slots);
  const adding = definePlugin({ name: "memory", apiVersion: 1, setup: ({ sources }) => sources.add(source) })();
  const plugins: Plugin[] = [
    url === undefined ? adding : coordinator({ url, hostname: agent, concurrency: slots }),
    ...(executor === "command" ? [commandExecutor(), spawnClock((time) => void spawnTimes.push(time))] : [nothing(ms)]),
    ...(taps > 0 ? [idleTaps(taps)] : []),
    offering(agent),
  ];
  const log = pino({ level: "warn" }, pino.destination(2));
  runner = await createRunner({ projectDir, journal, drainTimeoutSeconds: 0, graceSeconds: 0, plugins }, { log });
  runner.telemetry.subscribe(({ type }) => {
    if (type === "lease") leased.resolve(Number(process.hrtime.bigint()) / 1e6);
  });
  leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
}

function pass(count: number, concurrency: number, agent = "hello") {
  return inTurn(count, concurrency, () => source.pass(agent));
}

async function offerAll(count: number) {
  waiting = [];
  for (let number = 0; number < count; number++) waiting.push(await source.offer("sleeper"));
}

async function stopAll() {
  await (runner as Runner).close();
  await Promise.all(waiting.map(({ outcome }) => outcome));
}

async function spawnings(count: number) {
  spawnTimes.length = 0;
  await pass(count, 1);
  return spawnTimes;
}

/** What the bare call costs in this very process. */
async function spawnCalls(count: number) {
  const times: number[] = [];
  for (let number = 0; number < count; number++) {
    const from = performance.now();
    const child = spawn(HELLO, [], { stdio: ["ignore", "pipe", "pipe"] });
    times.push(performance.now() - from);
    child.stdout.resume();
    child.stderr.resume();
    await once(child, "close");
  }
  return times;
}

/** Microseconds for one run without any source. */
async function execute(count: number) {
  const from = performance.now();
  for (let number = 0; number < count; number++)
    await (runner as Runner).execute({
      // A run that was seen before would be answered, not executed.
      id: `executed-${++executed}`,
      agent: { name: "hello" },
      session: { id: "session", mode: "start" },
      parametersText: "{}",
    });
  return ((performance.now() - from) * 1_000) / count;
}

/** Bytes of heap and external memory that are in use. */
function memory() {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function handles() {
  return process.getActiveResourcesInfo().length;
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function traffic() {
  return { requests, connections };
}

function expectLease() {
  leased = Promise.withResolvers();
}

function leasedAt() {
  return leased.promise;
}

async function close() {
  drain.abort();
  await leasing?.catch(() => undefined);
  await runner?.close();
  await rm(projectDir, { recursive: true, force: true });
}
