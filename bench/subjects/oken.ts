// A runner with docker-oken and nothing else, in a process of its own.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerOken, type OkenApi, type OkenOptions } from "@leasehold/docker-oken";
import { createRunner, type Runner, token } from "leasehold";
import pino from "pino";
import { serve } from "./serve.ts";

const ApiToken = token<OkenApi>("docker-oken/api");
const projectDir = await mkdtemp(join(tmpdir(), "leasehold-bench-"));
const drain = new AbortController();
let runner: Runner | undefined;
let leasing: Promise<void> | undefined;

serve({ start, residentBytes, forgetPeak, peakBytes }, close);

/** Answers the address of its API. */
async function start(options: Partial<OkenOptions>): Promise<string> {
  const log = pino({ level: "warn" }, pino.destination(2));
  const oken = dockerOken({ port: 0, dataDir: join(projectDir, "data"), ...options });
  runner = await createRunner({ projectDir, journal: "memory", plugins: [oken] }, { log });
  leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
  leasing.catch((thrown) => log.error(thrown));
  return runner.services.get(ApiToken).address;
}

async function residentBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return await statusOf("VmRSS");
}

/** The peak counts from now. */
async function forgetPeak(): Promise<void> {
  await writeFile("/proc/self/clear_refs", "5");
}

async function peakBytes(): Promise<number> {
  return await statusOf("VmHWM");
}

async function statusOf(name: string): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
}

async function close(): Promise<void> {
  drain.abort();
  await leasing?.catch(() => undefined);
  await runner?.close();
  await rm(projectDir, { recursive: true, force: true });
}
