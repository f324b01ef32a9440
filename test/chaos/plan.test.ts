import { describe, expect, it } from "vitest";
import { Random } from "../../core/src/testing/faults/random.ts";
import type { Target } from "./endpoints.ts";
import { FaultPlan } from "./faults.ts";
import { planOf } from "./plan.ts";

describe("a plan", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planOf(new Random("7"), 300)).toEqual(planOf(new Random("7"), 300));
    expect(planOf(new Random("8"), 300)).not.toEqual(planOf(new Random("7"), 300));
  });

  it("keeps a run as it is when there are more", () => {
    expect(planOf(new Random("7"), 300).runs.slice(0, 100)).toEqual(planOf(new Random("7"), 100).runs);
  });

  it("has every happening and every behaviour in a short play", () => {
    const { runs, happenings } = planOf(new Random("7"), 300);
    expect(new Set([...happenings.values()].flat().map(({ kind }) => kind)).size).toBe(5);
    expect(new Set(runs.map(({ behaviour }) => behaviour)).size).toBe(9);
  });
});

describe("the faults of requests", () => {
  const end: Target = { endpoint: "end", subject: "run_1" };

  it("depend on run and attempt, not on what comes between", () => {
    const [quiet, busy] = [new FaultPlan(new Random("7")), new FaultPlan(new Random("7"))];
    const alone = [1, 2, 3].flatMap((run) => [quiet.next(end, run), quiet.next(end, run)]);
    const mixed = [1, 2, 3].flatMap((run) => {
      busy.next({ endpoint: "poll" }, undefined);
      const first = busy.next(end, run);
      busy.next({ endpoint: "event", subject: `chaos-${run}` }, run);
      return [first, busy.next(end, run)];
    });
    expect(mixed).toEqual(alone);
  });

  it("are of every kind, and end", () => {
    const plan = new FaultPlan(new Random("7"));
    const kinds = Array.from({ length: 2_000 }, (_, run) => plan.next(end, run)?.kind);
    expect(new Set(kinds).size).toBe(11);
    for (let attempt = 0; attempt < 10; attempt++) plan.next(end, 1);
    expect(plan.next(end, 1)).toBeUndefined();
  });
});
