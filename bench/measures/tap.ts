import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

const TAPS = 200;

/** One asynchronous tap with attribution and timing, beside a function that is awaited. */
export const tap: Measure = {
  name: "one tap, instrumented",
  unit: "µs",
  baseline: "an awaited function call",
  bar: { kind: "more at most", limit: 2 },
  async open(scale) {
    const count = scale === "quick" ? 10 : 500;
    const [tapped, untapped] = [new Subject("leasehold"), new Subject("leasehold")];
    await tapped.call("start", { slots: 1, executor: "nothing", taps: TAPS });
    await untapped.call("start", { slots: 1, executor: "nothing" });
    return {
      async value() {
        const without = await untapped.call<number>("execute", count);
        return ((await tapped.call<number>("execute", count)) - without) / TAPS;
      },
      baseline: awaitedCall,
      close: async () => void (await Promise.all([tapped.close(), untapped.close()])),
    };
  },
};

/** Microseconds. */
async function awaitedCall(): Promise<number> {
  const calls = 100_000;
  const act = async () => undefined;
  const from = performance.now();
  for (let call = 0; call < calls; call++) await act();
  return ((performance.now() - from) * 1_000) / calls;
}
