import { median } from "../hold-contest.ts";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

/** From the lease to the child process, beside the bare call in the same process. */
export const spawning: Measure = {
  name: "lease to spawned, p50",
  unit: "ms",
  baseline: "the bare spawn call",
  bar: { kind: "ratio at most", limit: 1.5 },
  async open(scale) {
    const count = scale === "quick" ? 3 : 60;
    const runner = new Subject("leasehold");
    await runner.call("start", { slots: 1, executor: "command" });
    return {
      value: async () => median(await runner.call<number[]>("spawnings", count)),
      baseline: async () => median(await runner.call<number[]>("spawnCalls", count)),
      close: () => runner.close(),
    };
  },
};
