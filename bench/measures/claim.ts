import { median } from "../hold-contest.ts";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";
import { Arena } from "./arena.ts";

/** One run after the other over HTTP, beside the least that does the same. */
export const claim: Measure = {
  name: "claim to completed, p50",
  unit: "ms",
  baseline: "a bare loop with the same requests",
  bar: { kind: "ratio at most", limit: 1.3 },
  async open(scale) {
    const count = scale === "quick" ? 3 : 60;
    const arena = await Arena.open(1, "command");
    const times = (coordinator: Subject) => coordinator.call<number[]>("claims", "hello", count);
    return {
      value: async () => median(await times(arena.ours)),
      baseline: async () => median(await times(arena.bare)),
      close: () => arena.close(),
    };
  },
};
