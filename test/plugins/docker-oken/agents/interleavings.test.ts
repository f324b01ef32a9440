import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeWithEngine } from "../engine.ts";
import { agentId, openPool, type Pool, poolPlace } from "./pool.ts";

/** What somebody asks for, without waiting for what was asked before. */
type Act =
  | { readonly act: "deploy"; readonly boot?: "exit" | "hang"; readonly broken?: boolean; readonly buildMs?: number }
  | { readonly act: "stop" }
  | { readonly act: "call"; readonly sleep: number }
  /** Waits until so many of the earlier ones have settled. */
  | { readonly act: "wait" };

const acts = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant("deploy" as const) }) },
    { weight: 1, arbitrary: fc.constant({ act: "deploy" as const, boot: "exit" as const }) },
    { weight: 1, arbitrary: fc.constant({ act: "deploy" as const, boot: "hang" as const }) },
    { weight: 1, arbitrary: fc.constant({ act: "deploy" as const, broken: true }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant("deploy" as const), buildMs: fc.integer({ min: 1, max: 400 }) }),
    },
    { weight: 2, arbitrary: fc.constant({ act: "stop" as const }) },
    { weight: 4, arbitrary: fc.record({ act: fc.constant("call" as const), sleep: fc.constantFrom(0, 0.05, 0.3) }) },
    { weight: 4, arbitrary: fc.constant({ act: "wait" as const }) },
  ),
  { minLength: 4, maxLength: 14 },
);

const SEED = Number(process.env["LEASEHOLD_TEST_SEED"] ?? 20_261_121);

describeWithEngine("deployments, stops and calls of one agent in any order", () => {
  it("all settle, and leave one container or none", { timeout: 300_000 }, async () => {
    const pool = await openPool(poolPlace({ healthCheckTimeoutSeconds: 1 }));
    const runs = Number(process.env["LEASEHOLD_TEST_RUNS"] ?? 6);
    await fc.assert(
      fc.asyncProperty(acts, async (wanted) => {
        const id = agentId();
        await settled(pool, id, wanted);
        await consistent(pool, id);
        await pool.agents.stop(id).catch((thrown) => expect(thrown).toMatchObject({ code: "AGENT_NOT_FOUND" }));
        await expect.poll(() => ofAgent(pool, id), { timeout: 20_000 }).toEqual([]);
        expect((await left(pool)).filter((name) => name.includes(id))).toEqual([]);
        await expect(readdir(join(pool.options.dataDir, "incoming"))).resolves.toEqual([]);
      }),
      { seed: SEED, numRuns: runs, endOnFailure: true },
    );
  });

  it("drop no call of an agent that is deployed anew all the time", { timeout: 120_000 }, async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    let over = false;
    const caller = async () => {
      let calls = 0;
      for (; !over; calls++) expect((await pool.call(id)).status).toBe(200);
      return calls;
    };
    const callers = [caller(), caller(), caller()];
    for (const wishes of [{}, { secrets: { BOOT: "exit" } }, {}, { broken: true }, {}])
      await pool.deploy(id, wishes).catch(() => "failed");
    await Promise.all([pool.deploy(id), pool.deploy(id), pool.deploy(id)]);
    over = true;
    for (const calls of await Promise.all(callers)) expect(calls).toBeGreaterThan(0);
    await expect.poll(() => ofAgent(pool, id), { timeout: 20_000 }).toHaveLength(1);
  });
});

async function settled(pool: Pool, id: string, wanted: readonly Act[]): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (const one of wanted) {
    if (one.act === "wait") await asked.at(Math.floor(asked.length / 2));
    else asked.push(ask(pool, id, one).catch((thrown) => known(thrown)));
  }
  await Promise.all(asked);
}

async function ask(pool: Pool, id: string, wanted: Exclude<Act, { act: "wait" }>): Promise<unknown> {
  if (wanted.act === "stop") return pool.agents.stop(id);
  if (wanted.act === "call") return pool.call(id, wanted.sleep > 0 ? { sleep: wanted.sleep } : {});
  const { boot, broken, buildMs } = wanted;
  return pool.deploy(id, {
    ...(boot ? { secrets: { BOOT: boot } } : {}),
    ...(broken ? { broken } : {}),
    ...(buildMs === undefined ? {} : { buildMs }),
  });
}

/** A stop ends the calls in flight; nothing else may be said that is not meant for a client. */
function known(thrown: unknown): void {
  const { code } = thrown as { code?: string };
  expect([
    ...["AGENT_NOT_FOUND", "AGENT_NOT_RUNNING", "CONTAINER_ERROR", "BUILD_FAILED", "AGENT_BUSY"],
    ...["UND_ERR_DESTROYED", "UND_ERR_CLOSED", "UND_ERR_SOCKET", "ECONNRESET", "ECONNREFUSED"],
  ]).toContain(code);
}

/** What is listed is what is there. */
async function consistent(pool: Pool, id: string): Promise<void> {
  const status = pool.status(id);
  if (status === "running") {
    await expect(pool.call(id)).resolves.toMatchObject({ status: 200 });
    await expect
      .poll(() => ofAgent(pool, id), { timeout: 20_000 })
      .toMatchObject([{ name: `oken-${id}`, state: "running" }]);
  } else if (status === undefined) await expect.poll(() => ofAgent(pool, id), { timeout: 20_000 }).toEqual([]);
  else {
    expect(status).toBe("error");
    expect((await ofAgent(pool, id)).length).toBeLessThanOrEqual(1);
    expect((await ofAgent(pool, id)).filter(({ state }) => state === "running")).toEqual([]);
  }
}

async function ofAgent(pool: Pool, id: string) {
  return (await pool.containers()).filter(({ name }) => name.startsWith(`oken-${id}`));
}

async function left({ options }: Pool): Promise<string[]> {
  return [...(await readdir(join(options.dataDir, "registry"))), ...(await readdir(join(options.dataDir, "agents")))];
}
