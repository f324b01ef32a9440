// The least that serves a coordinator: registers, polls, executes, and sends the requests that a run takes.
import { Pool } from "undici";
import { bareCommand } from "./bare-command.ts";
import { serve } from "./serve.ts";

interface Poll {
  readonly run?: { readonly run_id: string; readonly session_id: string };
}

const stop = new AbortController();
let pool: Pool | undefined;

serve(
  {
    async start(url: string, slots: number, executor: "command" | "nothing") {
      pool = new Pool(url, { connections: slots + 8 });
      const { runner_id: runnerId } = (await send(pool, "POST", "/runner/register", registration())) as Record<
        string,
        string
      >;
      if (runnerId === undefined) throw new Error("the coordinator gave no id");
      void lease(pool, runnerId, slots, executor === "command" ? bareCommand : async () => "{}");
      return runnerId;
    },
    /** Milliseconds of one request to a coordinator in another process, which is the way that a lease takes as well. */
    async roundTrip(url: string) {
      pool ??= new Pool(url, { connections: 1 });
      const from = performance.now();
      await send(pool, "GET", "/health");
      return performance.now() - from;
    },
  },
  async () => {
    stop.abort();
    await pool?.destroy();
  },
);

function registration(): object {
  return {
    hostname: "bare",
    project_dir: "/tmp",
    executor_profile: "bare",
    executor: { type: "procedural", command: "bare" },
    agents: [{ name: "hello", description: "Says hello", command: "hello" }],
  };
}

async function lease(client: Pool, runnerId: string, slots: number, execute: () => Promise<string>): Promise<void> {
  let free = slots;
  let freed = Promise.withResolvers<void>();
  while (!stop.signal.aborted) {
    if (free === 0) await freed.promise;
    const { run } = ((await send(client, "GET", `/runner/runs?runner_id=${runnerId}`).catch(() => ({}))) ?? {}) as Poll;
    if (!run) continue;
    free--;
    freed = Promise.withResolvers();
    void pass(client, runnerId, run, execute).then(() => {
      free++;
      freed.resolve();
    });
  }
}

async function pass(
  client: Pool,
  runnerId: string,
  { run_id: run, session_id: session }: Required<Poll>["run"],
  execute: () => Promise<string>,
): Promise<void> {
  const ofRun = { runner_id: runnerId };
  const begun = (async () => {
    await send(client, "POST", `/runner/runs/${run}/started`, ofRun);
    await send(client, "POST", `/sessions/${session}/bind`, {
      executor_session_id: `proc_${session}`,
      hostname: "bare",
      executor_profile: "bare",
    });
  })();
  const output = await execute();
  await begun;
  await send(client, "POST", `/sessions/${session}/events`, {
    event_type: "result",
    session_id: session,
    timestamp: new Date().toISOString(),
    result_text: null,
    result_data: JSON.parse(output),
  });
  await send(client, "POST", `/runner/runs/${run}/completed`, {
    ...ofRun,
    status: "success",
    session_status: "finished",
  });
}

async function send(client: Pool, method: "GET" | "POST", path: string, content?: object): Promise<unknown> {
  const { body, statusCode } = await client.request({
    method,
    path,
    ...(content ? { headers: { "content-type": "application/json" }, body: JSON.stringify(content) } : {}),
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`${method} ${path} answered ${statusCode}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
