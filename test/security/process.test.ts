import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Leasehold } from "../e2e/leasehold.ts";
import { ScriptedCoordinator } from "../plugins/coordinator/scripted-coordinator.ts";
import { Canaries } from "./canaries.ts";
import { environmentOf } from "./command-line.ts";
import { repeating } from "./repeating.ts";
import { Sinks } from "./sinks.ts";
import { TokenServer } from "./token-server.ts";

const canaries = new Canaries();
let remote: ScriptedCoordinator;
let tokens: TokenServer;
let directory: string;
let running: Leasehold | undefined;

beforeEach(async () => {
  remote = await ScriptedCoordinator.start();
  tokens = await TokenServer.start(canaries.secret("an access token", { plain: true }));
  directory = await realpath(await mkdtemp(join(tmpdir(), "leasehold-canary-")));
});
afterEach(async () => {
  await running?.dispose();
  await remote[Symbol.asyncDispose]();
  await tokens[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function start(...args: string[]): Leasehold {
  const around = environmentOf(canaries, { coordinator: remote.url, issuer: tokens.issuer, directory });
  const own = {
    OWN_SECRET: canaries.secret("what a plugin registers"),
    AGENTS_SECRET: canaries.secret("what a plugin registers for an agent"),
    RUNS_SECRET: canaries.secret("what a plugin registers for a run"),
    LEASEHOLD_JOURNAL: "durable",
  };
  running = new Leasehold(args, { env: { ...around, ...own }, cwd: directory });
  return running;
}

async function leaksOf({ stdout, stderr }: Leasehold) {
  const sinks = new Sinks();
  sinks.add("stdout", stdout);
  sinks.add("stderr", stderr);
  for (const { route, query, body } of remote.requests) sinks.add("coordinator", `${route} ${query} ${body}`);
  await sinks.addFiles("files", directory);
  return sinks.leaks(canaries);
}

it("a coordinator and a runner for development let no secret out", async () => {
  const dev = start("dev", "--port", "0", "--verbose", "--data", join(directory, "dev.sqlite"));
  await dev.printed("curl");
  await dev.said("onHeartbeat");
  dev.signal("SIGTERM");
  await dev.exit();
  expect(await leaksOf(dev)).toEqual([]);
});

it("a runner whose coordinator goes on refusing lets no secret out", async () => {
  remote.always("POST /runner/register", repeating(500));
  const runner = start("start", "--verbose");
  await runner.said("not available");
  runner.signal("SIGTERM");
  await runner.exit();
  expect(await leaksOf(runner)).toEqual([]);
});

it("an error that nobody caught lets no secret out of a command", async () => {
  const stray = start("plugins", "--stray");
  expect(await stray.exit()).toBe(1);
  expect(stray.stderr).toContain("STRAY_ERROR");
  expect(await leaksOf(stray)).toEqual([]);
});
