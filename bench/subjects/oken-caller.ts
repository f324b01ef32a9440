// Who calls agents, through the runner or directly, in a process of its own.
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import { median } from "../hold-contest.ts";
import { inTurn } from "./in-turn.ts";
import { serve } from "./serve.ts";

const BODY = JSON.stringify({ input: { price: 12.5, words: "x".repeat(100) } });
const RETRY_MS = 1;
const pools = new Map<string, Pool>();

serve({ rate, latency, firstByte }, async () => {
  await Promise.all([...pools.values()].map((pool) => pool.destroy()));
});

/** Calls per second, so many at once. */
async function rate(origin: string, path: string, count: number, concurrency: number): Promise<number> {
  const pool = poolOf(origin);
  return count / (await inTurn(count, concurrency, () => call(pool, path)));
}

/** Median milliseconds of a call, one after another. */
async function latency(origin: string, path: string, count: number): Promise<number> {
  const pool = poolOf(origin);
  const times: number[] = [];
  for (let number = 0; number < count; number++) {
    const from = performance.now();
    await call(pool, path);
    times.push(performance.now() - from);
  }
  return median(times);
}

/** When the first answer came, on the machine's monotonic clock; where nobody listens yet it is tried again at once. */
async function firstByte(origin: string, path: string): Promise<number> {
  const pool = new Pool(origin, { connections: 1 });
  try {
    for (;;) {
      try {
        await call(pool, path);
        return Number(process.hrtime.bigint()) / 1e6;
      } catch (thrown) {
        if (!/ECONNREFUSED|ECONNRESET|other side closed|EHOSTUNREACH/.test(String(thrown))) throw thrown;
        await pause(RETRY_MS);
      }
    }
  } finally {
    await pool.destroy();
  }
}

async function call(pool: Pool, path: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { statusCode, body } = await pool.request({ method: "POST", path, headers, body: BODY });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}: ${text}`);
}

function poolOf(origin: string): Pool {
  const pool = pools.get(origin) ?? new Pool(origin, { connections: 64 });
  pools.set(origin, pool);
  return pool;
}
