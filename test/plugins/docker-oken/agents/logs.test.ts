import { expect, it } from "vitest";
import type { LogRequest } from "../../../../plugins/docker-oken/src/agents-door.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool, type Pool, poolPlace } from "./pool.ts";

/** Reads lines one by one, or all. */
async function logs({ agents }: Pool, id: string, more: Partial<LogRequest> = {}) {
  const wish = { tail: 100, follow: false, signal: AbortSignal.timeout(20_000), ...more };
  const iterator = (await agents.logs(id, wish))[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await iterator.next();
    return done ? undefined : (value as Buffer).toString("utf8");
  };
  const rest = async () => {
    const lines: string[] = [];
    for (let line = await next(); line !== undefined; line = await next()) lines.push(line);
    return lines;
  };
  return { next, rest };
}

/** What the engine has written down so far; it does so a moment after the agent wrote. */
const all = async (pool: Pool, id: string, tail: number) => (await logs(pool, id, { tail })).rest();

describeWithEngine("logs of an agent", () => {
  it("are its last lines, as many as are asked for (T51)", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    await pool.call(id, { print: "one\ntwo\r\nthree" });
    await expect.poll(() => all(pool, id, 2)).toEqual(["two", "three"]);
  });

  it("have the agent's secrets masked", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id, { secrets: { PASSWORD: "sesame street" } });
    await pool.call(id, { print: "open sesame street now" });
    await expect.poll(() => all(pool, id, 1)).toEqual(["open ******** now"]);
  });

  it("replace bytes that are no text (OKEN-D11)", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    await pool.call(id, { bytes: [0x61, 0xff, 0xc3, 0x28, 0x0a] });
    await expect.poll(() => all(pool, id, 1)).toEqual(["a\ufffd\ufffd("]);
  });

  it("follow line by line, also when many come at once (OKEN-D39)", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    const { next } = await logs(pool, id, { follow: true, tail: 1 });
    await expect(next()).resolves.toContain("[oken] ready");
    const coming = next();
    await pool.call(id, { print: "first\nsecond\nthird" });
    await expect(coming).resolves.toBe("first");
    await expect(next()).resolves.toBe("second");
    await expect(next()).resolves.toBe("third");
  });

  it("that stay quiet hold nobody up, and end when their reader leaves (OKEN-D14)", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    const over = new AbortController();
    const followers = await Promise.all(
      Array.from({ length: 5 }, () => logs(pool, id, { follow: true, tail: 1, signal: over.signal })),
    );
    for (const { next } of followers) await next();
    const waiting = followers.map(({ next }) => next());
    for (let turn = 0; turn < 5; turn++) await expect(pool.call(id)).resolves.toMatchObject({ status: 200 });
    over.abort();
    const ended = await Promise.allSettled(waiting);
    expect(ended.every(({ status }) => status === "rejected" || status === "fulfilled")).toBe(true);
  });

  it("say so when the container is gone (T52)", async () => {
    const pool = await openPool(poolPlace({ restartAttempts: 0 }));
    const id = agentId();
    await pool.deploy(id);
    await engine().docker.getContainer(`oken-${id}`).remove({ force: true });
    await pool.event(id, "crashed");
    await expect(logs(pool, id)).rejects.toMatchObject({
      code: "AGENT_NOT_RUNNING",
      message: expect.stringContaining("container not found"),
    });
  });

  it("end with the container", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id, { warmTimeout: 1 });
    const { rest } = await logs(pool, id, { follow: true });
    await expect(rest()).resolves.toEqual([expect.stringContaining("[oken] ready")]);
    await pool.event(id, "stopped");
    await expect((await logs(pool, id)).rest()).resolves.toHaveLength(1);
  });

  it("come whole, a long line in several", async () => {
    const pool = await openPool();
    const id = agentId();
    await pool.deploy(id);
    await pool.call(id, { print: `${"é".repeat(50_000)}.` });
    const parts = async () => (await all(pool, id, 100)).filter((line) => !line.includes("[oken]"));
    await expect.poll(async () => (await parts()).join("")).toBe(`${"é".repeat(50_000)}.`);
    const long = await parts();
    expect(long.length).toBeGreaterThan(1);
    expect(Math.max(...long.map((line) => Buffer.byteLength(line)))).toBeLessThan(65_530);
  });
});
