import fc from "fast-check";
import { Pool } from "undici";
import { describe, expect, it } from "vitest";
import { Gate } from "../../../../plugins/docker-oken/src/agents/gate.ts";
import { type AgentCall, Serving } from "../../../../plugins/docker-oken/src/agents/serving.ts";
import { AgentPool } from "../../../../plugins/docker-oken/src/invoke/agent-pool.ts";

const pool = new AgentPool({ host: "127.0.0.1", port: 1, http: new Pool("http://127.0.0.1:1"), wrapped: false });
const never = new AbortController().signal;
const limits = { concurrency: 2, queued: 3 };

function serving(gate: Gate): Serving {
  return new Serving(pool, 1_000, () => gate.admit());
}

describe("Gate", () => {
  it("lets callers in in order, as many at once as the agent takes", async () => {
    const gate = new Gate("a", limits);
    const entered: number[] = [];
    const calls = [1, 2, 3].map((caller) =>
      gate.enter(never).then((call) => {
        entered.push(caller);
        return call;
      }),
    );
    expect(gate.waiting).toBe(3);
    gate.open(serving(gate), limits);
    const first = await calls[0];
    await calls[1];
    expect(entered).toEqual([1, 2]);
    first?.leave();
    await calls[2];
    expect(entered).toEqual([1, 2, 3]);
  });

  it("turns callers away when its line is full", async () => {
    const gate = new Gate("a", limits);
    const waiting = [1, 2, 3].map(() => gate.enter(never));
    await expect(gate.enter(never)).rejects.toMatchObject({ code: "AGENT_BUSY", status: 503 });
    gate.fail(new Error("over"));
    for (const call of waiting) await expect(call).rejects.toThrow("over");
  });

  it("gives the place of a caller who went away to the next", async () => {
    const gate = new Gate("a", { concurrency: 1, queued: 3 });
    const over = new AbortController();
    const gone = gate.enter(over.signal);
    const next = gate.enter(never);
    over.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    gate.open(serving(gate), limits);
    await expect(next).resolves.toHaveProperty("dispatcher", pool);
    await expect(gate.enter(over.signal)).rejects.toThrow("gone");
  });

  it("keeps calls in flight when it closes, and counts a call once", async () => {
    const gate = new Gate("a", limits);
    const old = serving(gate);
    gate.open(old, limits);
    const call = await gate.enter(never);
    expect(gate.close()).toBe(old);
    expect(gate.busy).toBe(false);
    let drained = false;
    const draining = old.drained().then(() => {
      drained = true;
    });
    await Promise.resolve();
    expect(drained).toBe(false);
    call.leave();
    call.leave();
    await draining;
    expect(old.inFlight).toBe(0);
  });

  it("never lets in too many, and forgets nobody", async () => {
    const act = fc.oneof(
      fc.constant("enter"),
      fc.constant("leave"),
      fc.constant("close"),
      fc.constant("open"),
      fc.constant("abort"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const gate = new Gate("a", { concurrency: 2, queued: 5 });
        const inside: AgentCall[] = [];
        const aborts: AbortController[] = [];
        let asked = 0;
        let settled = 0;
        let current = serving(gate);
        for (const one of acts) {
          if (one === "enter") {
            const abort = new AbortController();
            aborts.push(abort);
            asked += 1;
            void gate.enter(abort.signal).then(
              (call) => {
                settled += 1;
                inside.push(call);
              },
              () => {
                settled += 1;
              },
            );
          } else if (one === "leave") inside.shift()?.leave();
          else if (one === "close") gate.close();
          else if (one === "abort") aborts.shift()?.abort();
          else if (!gate.isOpen) {
            current = serving(gate);
            gate.open(current, { concurrency: 2, queued: 5 });
          }
          expect(current.inFlight).toBeLessThanOrEqual(2);
          await new Promise(setImmediate);
        }
        gate.fail(new Error("over"));
        await new Promise(setImmediate);
        expect(settled).toBe(asked);
      }),
      { numRuns: 50 },
    );
  });
});
