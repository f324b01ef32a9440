import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { coordinator } from "@leasehold/coordinator";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import {
  createRunner,
  decline,
  definePlugin,
  defineProfile,
  entrypoint,
  jsonResult,
  type Run,
  succeeded,
} from "leasehold";
import { afterEach, expect } from "vitest";
import { quiet } from "./test-source.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    held: Record<never, never>;
  }
}

/** A kept connection would be a dead one where a coordinator is restarted on its port. */
const ONCE = { connection: "close" };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), "leasehold-coordinator-")));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function startCoordinator(
  options: Parameters<typeof startEmbeddedCoordinator>[0] = {},
  more: Parameters<typeof startEmbeddedCoordinator>[1] = {},
): Promise<EmbeddedCoordinator> {
  const started = await startEmbeddedCoordinator({ port: 0, ...options }, more);
  ends.push(() => started.close());
  return started;
}

/** An executor in this process whose runs end when the test says so, with their parameters as result. */
export function heldRuns() {
  const running = new Map<string, { run: Run; end: () => void }>();
  let onStart = () => {};
  const plugin = definePlugin({
    name: "held",
    apiVersion: 1,
    setup({ hooks }) {
      hooks.resolveEntrypoint.tap((run) =>
        run.agent.command === "hold" ? entrypoint("held", {}) : decline("not held"),
      );
      hooks.execute.for("held").tap(async (run) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        running.set(run.id, { run, end: resolve });
        run.signal.addEventListener("abort", () => resolve());
        onStart();
        await promise;
        run.signal.throwIfAborted();
        return succeeded(jsonResult(run.parametersText));
      });
    },
  });
  const profile = defineProfile({
    name: "held-profile",
    directory: "/",
    executor: { type: "procedural", command: "hold" },
    agents: [{ name: "hold", command: "hold" }],
  });
  const started = async (id: string) => {
    while (!running.has(id))
      await new Promise<void>((resolve) => {
        onStart = resolve;
      });
    return running.get(id)!;
  };
  return { plugins: [plugin(), profile], started };
}

interface Leasing {
  readonly leasing: Promise<void>;
  /** Drains, and resolves when the runner is done. */
  readonly end: () => Promise<void>;
}

export async function startRunner(
  url: string,
  plugins: NonNullable<Parameters<typeof createRunner>[0]["plugins"]>,
  options: Partial<NonNullable<Parameters<typeof coordinator>[0]>> = {},
): Promise<Leasing> {
  const runner = await createRunner(
    {
      plugins: [coordinator({ url, hostname: "build-07", ...options }), ...plugins],
      projectDir: await temporaryDirectory(),
      drainTimeoutSeconds: 0,
    },
    { log: quiet },
  );
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: new AbortController().signal });
  leasing.catch(() => {});
  ends.push(async () => {
    drain.abort();
    await leasing.catch(() => {});
    await runner.close();
  });
  const end = async () => {
    drain.abort();
    await leasing;
  };
  return { leasing, end };
}

export async function create(
  url: string,
  agent: string,
  parameters: string,
): Promise<{ run_id: string; session_id: string }> {
  const body = `{"type":"start_session","agent_name":"${agent}","parameters":${parameters}}`;
  const headers = { "content-type": "application/json", ...ONCE };
  const response = await fetch(`${url}/runs`, { method: "POST", headers, body });
  const created = (await response.json()) as { run_id: string; session_id: string };
  expect(response.status, JSON.stringify(created)).toBe(201);
  return created;
}

export const text = async (url: string) => (await fetch(url, { headers: ONCE })).text();
export const json = async (url: string) => JSON.parse(await text(url));
export const registered = (at: EmbeddedCoordinator) =>
  at.recorded(({ path, status }) => path === "/runner/register" && status === 200);
export const reported = (at: EmbeddedCoordinator, run: string, report: string) =>
  at.recorded(({ path, status }) => path === `/runner/runs/${run}/${report}` && status === 200);
export const requestsAbout = (
  at: EmbeddedCoordinator,
  { run_id, session_id }: { run_id: string; session_id: string },
) =>
  at.record
    .filter(({ method, path }) => method === "POST" && (path.includes(run_id) || path.includes(session_id)))
    .map(({ path, body }) => [path.replace(run_id, "RUN").replace(session_id, "SES"), body]);
