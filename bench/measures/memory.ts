import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

/** What one more run costs while its command sleeps. */
export const sleepingRun: Measure = {
  name: "memory of a sleeping run, 256 at once",
  unit: "KiB",
  bar: { kind: "at most", limit: 64 },
  rounds: 3,
  async open(scale) {
    const count = scale === "quick" ? 16 : 256;
    return {
      async value() {
        const runner = new Subject("leasehold");
        await runner.call("start", { slots: count + 1, executor: "command" });
        await runner.call("pass", 20, 1);
        const before = await runner.call<number>("memory");
        await runner.call("offerAll", count);
        const after = await runner.call<number>("memory");
        await runner.call("stopAll");
        await runner.close();
        return (after - before) / count / 1024;
      },
      close: async () => undefined,
    };
  },
};

/** What a long life costs. */
export const growth: Measure = {
  name: "growth from 10,000 to 100,000 runs",
  unit: "MB",
  bar: { kind: "at most", limit: 10 },
  rounds: 1,
  async open(scale) {
    const [first, further] = scale === "quick" ? [100, 900] : [10_000, 90_000];
    return {
      async value() {
        const runner = new Subject("leasehold");
        await runner.call("start", { slots: 16, executor: "nothing" });
        await runner.call("pass", first, 16);
        const [before, handles] = [await runner.call<number>("memory"), await runner.call<number>("handles")];
        await runner.call("pass", further, 16);
        const [after, handlesAfter] = [await runner.call<number>("memory"), await runner.call<number>("handles")];
        await runner.close();
        if (handlesAfter > handles) throw new Error(`handles grew from ${handles} to ${handlesAfter}`);
        return (after - before) / 2 ** 20;
      },
      close: async () => undefined,
    };
  },
};
