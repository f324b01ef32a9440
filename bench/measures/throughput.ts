import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";
import { Arena } from "./arena.ts";

/** Trivial commands from memory, beside a loop that does nothing but start them. */
export function commands(concurrency: number): Measure {
  return {
    name: `trivial commands, concurrency ${concurrency}`,
    unit: "runs/s",
    baseline: "a bare loop with child_process",
    bar: { kind: "ratio at least", limit: 0.7 },
    async open(scale) {
      const count = scale === "quick" ? concurrency : 500;
      const [runner, loop] = [new Subject("leasehold"), new Subject("bare-loop")];
      await runner.call("start", { slots: concurrency, executor: "command" });
      const rate = async (subject: Subject) => count / (await subject.call<number>("pass", count, concurrency));
      return {
        value: () => rate(runner),
        baseline: () => rate(loop),
        close: async () => void (await Promise.all([runner.close(), loop.close()])),
      };
    },
  };
}

/** Runs that do nothing, over HTTP. */
export const requestsOnly: Measure = {
  name: "runs that do nothing, concurrency 16",
  unit: "runs/s",
  baseline: "a bare loop of the same requests",
  bar: { kind: "ratio at least", limit: 0.6 },
  async open(scale) {
    const count = scale === "quick" ? 32 : 1_000;
    const arena = await Arena.open(16, "nothing");
    const rate = async (side: Subject) => count / (await side.call<number>("pass", ["hello"], count, 16));
    return { value: () => rate(arena.ours), baseline: () => rate(arena.bare), close: () => arena.close() };
  },
};

/** What the journal's disk costs. */
export const journal: Measure = {
  name: "trivial commands, durable journal, concurrency 8",
  unit: "runs/s",
  baseline: "the journal in memory",
  bar: { kind: "ratio at least", limit: 0.8 },
  rounds: 11,
  async open(scale) {
    const count = scale === "quick" ? 8 : 300;
    const [durable, memory] = [new Subject("leasehold"), new Subject("leasehold")];
    await durable.call("start", { slots: 8, executor: "command", journal: "durable" });
    await memory.call("start", { slots: 8, executor: "command" });
    const rate = async (subject: Subject) => count / (await subject.call<number>("pass", count, 8));
    return {
      value: () => rate(durable),
      baseline: () => rate(memory),
      close: async () => void (await Promise.all([durable.close(), memory.close()])),
    };
  },
};
