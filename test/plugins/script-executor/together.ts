import { join } from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { scriptExecutor } from "@leasehold/script-executor";
import { createRunner, defineProfile } from "leasehold";
import { expect, onTestFinished } from "vitest";
import { recordingLog } from "../coordinator/test-source.ts";
import { temporaryDirectory } from "./archives.ts";

const bare = defineProfile({ name: "bare", directory: "/", executor: { type: "procedural" }, agents: [] });

interface Together {
  readonly environment?: { set?: Record<string, string> };
  readonly readyTimeoutSeconds?: number;
  readonly projectDir?: string;
  /** Puts something between runner and coordinator: takes the coordinator's URL, answers its own. */
  readonly through?: (url: string) => Promise<string>;
}

interface Refusal {
  readonly status: number;
  readonly detail: string;
  /** How often; always if absent. */
  times?: number;
}

function take(refusal: Refusal | undefined): Refusal | undefined {
  if (refusal?.times === undefined) return refusal;
  return refusal.times-- > 0 ? refusal : undefined;
}

/** A coordinator and a runner beside it, for the length of a test. */
export async function together({
  environment = {},
  readyTimeoutSeconds = 60,
  projectDir: given,
  through = async (url) => url,
}: Together = {}) {
  /** What a path answers instead of what it should. */
  const refusals = new Map<string, Refusal>();
  const at = await startEmbeddedCoordinator({ port: 0 }, { guard: async ({ url }) => take(refusals.get(url)) });
  const projectDir = given ?? (await temporaryDirectory());
  const { log, lines } = recordingLog();
  const runner = await createRunner(
    {
      projectDir,
      drainTimeoutSeconds: 0,
      graceSeconds: 0.5,
      plugins: [
        coordinator({ url: await through(at.url), tags: ["posix"] }),
        commandExecutor({ environment }),
        scriptExecutor({ readyTimeoutSeconds }),
        bare,
      ],
    },
    { log },
  );
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
  leasing.catch(() => {});
  const end = async () => {
    drain.abort();
    await leasing.catch(() => {});
    await runner.close();
    await at.close();
  };
  onTestFinished(end);
  return { at, refusals, projectDir, lines, end, scripts: join(projectDir, "scripts") };
}

export async function send(at: EmbeddedCoordinator, method: string, path: string, body?: unknown) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${at.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

export async function createAgent(at: EmbeddedCoordinator, name: string, script: string): Promise<void> {
  const agent = { name, description: "made by a test", type: "procedural", script };
  expect((await send(at, "POST", "/agents", agent)).status).toBe(201);
}

export async function submit(at: EmbeddedCoordinator, agent: string, parameters: object = {}, more: object = {}) {
  const run = { type: "start_session", agent_name: agent, parameters, ...more };
  const { status, body } = await send(at, "POST", "/runs", run);
  expect(status, JSON.stringify(body)).toBe(201);
  return body as { run_id: string; session_id: string };
}

const settled = (at: EmbeddedCoordinator, { run_id }: { run_id: string }) =>
  at.recorded(
    ({ path, status }) => path.startsWith(`/runner/runs/${run_id}/`) && !path.endsWith("/started") && status === 200,
  );

export async function resultOf(at: EmbeddedCoordinator, run: { run_id: string; session_id: string }) {
  const end = await settled(at, run);
  const { body } = await send(at, "GET", `/sessions/${run.session_id}/events`);
  const result = body.events.find((event: { event_type: string }) => event.event_type === "result")?.result_data;
  const { error } = (end.body ?? {}) as { error?: string };
  return { end: end.path.split("/").at(-1), result, error };
}
