// An embedded coordinator in a process of its own, and a client that sends it runs.
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { Pool } from "undici";
import { inTurn } from "./in-turn.ts";
import { serve } from "./serve.ts";

const REPORT = /^\/runner\/runs\/([^/]+)\/(?:completed|failed|stopped)$/;

const settled = new Map<string, () => void>();
/** Terminal reports that came before their submitter knew the run's id. */
const early = new Set<string>();
let requests = 0;
let submittedAt = 0;
let polled: PromiseWithResolvers<number> = Promise.withResolvers();

const coordinator = await startEmbeddedCoordinator(
  { port: 0, recordLimit: 1, pollTimeoutSeconds: 30 },
  {
    async guard({ method, url }) {
      requests++;
      if (method === "POST" && url === "/runs") submittedAt = now();
      if (method === "GET" && url.startsWith("/runner/runs")) polled.resolve(now());
      const run = REPORT.exec(url)?.[1];
      if (run === undefined) return undefined;
      const resolve = settled.get(run);
      if (resolve) resolve();
      else early.add(run);
      return undefined;
    },
  },
);
const client = new Pool(coordinator.url, { connections: 8 });

serve(
  {
    url: () => coordinator.url,
    polling: (runnerId: string) => coordinator.polling(runnerId),
    requests: () => requests,
    /** The agents in turn. */
    pass(agents: readonly string[], count: number, concurrency: number) {
      let next = 0;
      return inTurn(count, concurrency, () => completed(agents[next++ % agents.length] ?? ""));
    },
    /** Milliseconds from the submission's answer to the terminal report, one run after the other. */
    async claims(agent: string, count: number) {
      const times: number[] = [];
      for (let number = 0; number < count; number++) times.push(await completed(agent));
      return times;
    },
    /** When the submission of a run arrived, on the clock that all processes share; the run is settled when this answers. */
    async submitted(agent: string) {
      await completed(agent);
      return submittedAt;
    },
    expectPoll: () => {
      polled = Promise.withResolvers();
    },
    polled: () => polled.promise,
  },
  async () => {
    await client.close();
    await coordinator.close();
  },
);

/** Submits a run and waits for its terminal report; answers the milliseconds between. */
async function completed(agent: string): Promise<number> {
  const { body, statusCode } = await client.request({
    method: "POST",
    path: "/runs",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "start_session", agent_name: agent, parameters: {} }),
  });
  const { run_id: run } = (await body.json()) as { run_id: string };
  if (statusCode >= 300) throw new Error(`a run was refused with ${statusCode}`);
  const from = performance.now();
  if (!early.delete(run)) await new Promise<void>((resolve) => settled.set(run, resolve));
  settled.delete(run);
  return performance.now() - from;
}

/** Milliseconds on the machine's monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
