// An embedded coordinator and a runner in one process: two runs over HTTP, and every hook they pass on their way.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { echo } from "@leasehold/profile-echo";
import { testProcedural } from "@leasehold/profile-test-procedural";
import { createRunner, isJsonObject, type Runner, type TelemetryEvent } from "leasehold";
import pino from "pino";

interface Request {
  readonly agent: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expected: "completed" | "failed";
}

const REQUESTS: Readonly<Record<string, Request>> = {
  echo: { agent: "echo", parameters: { message: "Hello, Leasehold!" }, expected: "completed" },
  "test-procedural": { agent: "test", parameters: { stderr: "disk full", "exit-code": 3 }, expected: "failed" },
};

const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "stopped"]);

const projectDir = await mkdtemp(join(tmpdir(), "leasehold-demo-"));
const server = await startEmbeddedCoordinator({ port: 0 });
say(`A coordinator listens on ${server.url}`);
let surprises = 0;
try {
  for (const [profile, request] of Object.entries(REQUESTS)) if (!(await demonstrate(profile, request))) surprises++;
} finally {
  await server.close();
  await rm(projectDir, { recursive: true });
}
say(surprises === 0 ? "\nBoth runs went as they should." : `\n${surprises} of the runs did not go as they should.`);
process.exitCode = surprises === 0 ? 0 : 1;

/** Starts a runner with one profile, sends it one run, and tells whether it ended as expected. */
async function demonstrate(profile: string, request: Request): Promise<boolean> {
  const plugins = [coordinator({ url: server.url }), commandExecutor(), echo(), testProcedural()];
  const runner = await createRunner(
    { profile, projectDir, plugins },
    { log: pino({ level: "warn" }, pino.destination(2)) },
  );
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
  try {
    await server.recorded(
      ({ path, body }) => path === "/runner/register" && isJsonObject(body) && body["executor_profile"] === profile,
    );
    return await submit(runner, request);
  } finally {
    drain.abort();
    await leasing;
    await runner.close();
  }
}

async function submit(runner: Runner, { agent, parameters, expected }: Request): Promise<boolean> {
  say(`\nA run of agent "${agent}" with ${JSON.stringify(parameters)}`);
  const delivered = narrate(runner);
  const body = { type: "start_session", agent_name: agent, parameters };
  const { run_id: id, session_id: session } = await call<{ run_id: string; session_id: string }>("POST", "/runs", body);
  await delivered;
  const { status, error } = await call<{ status: string; error: string | null }>("GET", `/runs/${id}`);
  const { events } = await call<{ events: { event_type: string; result_data: unknown }[] }>(
    "GET",
    `/sessions/${session}/events`,
  );
  const result = events.find(({ event_type: type }) => type === "result")?.result_data;
  say(`  ${status}: ${JSON.stringify(result)}${error ? `, error: ${error}` : ""}`);
  return status === expected;
}

/** Prints what the runner tells; resolves when the terminal report of a run has been accepted. */
function narrate(runner: Runner): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = runner.telemetry.subscribe((event) => {
      const line = describe(event);
      if (line) say(`  ${line}`);
      if (event.type !== "delivery" || event.answer !== "accepted" || !TERMINAL.has(event.report)) return;
      unsubscribe();
      resolve();
    });
  });
}

function describe(event: TelemetryEvent): string | undefined {
  if (event.type === "lease") return `leased ${event.run}`;
  if (event.type === "phase") return `→ ${event.phase}`;
  if (event.type === "tap" && event.hook !== "onHeartbeat")
    return `    ${event.hook}: ${event.plugin} (${event.ms.toFixed(1)} ms)`;
  if (event.type === "delivery") return `reported: ${event.report} (${event.answer})`;
  return undefined;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(server.url + path, init);
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
