import type { Contest, Measure, Scale } from "../measure.ts";
import { Arena } from "./arena.ts";

interface Traffic {
  readonly requests: number;
  readonly connections: number;
}

/** CPU of the runner alone, over HTTP, without any command. */
export const cpu: Measure = {
  name: "CPU of the runner per 1,000 runs",
  unit: "s",
  rounds: 3,
  open: (scale) =>
    perBurst(scale, async (arena, burst, count) => {
      const before = await arena.runner.call<number>("cpuSeconds");
      await burst();
      return (((await arena.runner.call<number>("cpuSeconds")) - before) / count) * 1_000;
    }),
};

/** Requests to the coordinator that one run takes, its poll among them. */
export const requests: Measure = {
  name: "requests per run",
  unit: "requests",
  bar: { kind: "at most", limit: 5 },
  rounds: 3,
  open: (scale) =>
    perBurst(scale, async (arena, burst, count) => {
      const before = await arena.runner.call<Traffic>("traffic");
      await burst();
      return ((await arena.runner.call<Traffic>("traffic")).requests - before.requests) / count;
    }),
};

/** The share of requests that found a connection open. */
export const reuse: Measure = {
  name: "connection reuse",
  unit: "%",
  bar: { kind: "at least", limit: 99 },
  rounds: 1,
  open: (scale) =>
    perBurst(scale, async (arena, burst) => {
      for (let round = 0; round < 5; round++) await burst();
      const { requests: sent, connections } = await arena.runner.call<Traffic>("traffic");
      return 100 * (1 - connections / sent);
    }),
};

async function perBurst(
  scale: Scale,
  measured: (arena: Arena, burst: () => Promise<number>, count: number) => Promise<number>,
): Promise<Contest> {
  const count = scale === "quick" ? 200 : 1_000;
  const arena = await Arena.open(16, "nothing");
  const burst = () => arena.ours.call<number>("pass", ["hello"], count, 16);
  return { value: () => measured(arena, burst, count), close: () => arena.close() };
}
