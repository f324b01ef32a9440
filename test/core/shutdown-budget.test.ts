import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShutdownBudget, shutdownFault } from "../../core/src/shutdown-budget.ts";

/** A budget whose clock the test moves. */
function budgetOf(options: ConstructorParameters<typeof ShutdownBudget>[0]) {
  const clock = { now: 0 };
  const budget = new ShutdownBudget(options, () => clock.now);
  const spend = (seconds: number) =>
    budget.during(async () => {
      clock.now += seconds * 1_000;
    });
  return { budget, clock, spend };
}

describe("ShutdownBudget", () => {
  it("gives each phase its own limit while there is time", () => {
    const { budget } = budgetOf({ drainTimeoutSeconds: 3, graceSeconds: 5, shutdownSeconds: 100 });
    const phases = ["drain", "unlease", "deliver", "farewell", "teardown"] as const;
    expect(phases.map((phase) => budget.seconds(phase))).toEqual([3, 5, 10, 5, 10]);
    expect(budget.seconds("stop")).toBe(98);
  });

  it("keeps for later phases what they need at least", async () => {
    const { budget, spend } = budgetOf({ drainTimeoutSeconds: 3, graceSeconds: 5, shutdownSeconds: 10 });
    expect([budget.seconds("drain"), budget.seconds("stop")]).toEqual([3, 8]);
    await spend(3);
    expect(budget.seconds("stop")).toBe(5);
    await spend(5);
    expect(budget.seconds("deliver")).toBe(1);
    await spend(60);
    const rest = ["stop", "unlease", "deliver", "farewell", "teardown"] as const;
    expect(rest.map((phase) => budget.seconds(phase))).toEqual([5, 0.2, 0.8, 0.5, 0.5]);
  });

  it("hands on what a phase leaves over", async () => {
    const { budget, spend } = budgetOf({ drainTimeoutSeconds: 3, graceSeconds: 5, shutdownSeconds: 10 });
    await spend(0.5);
    expect(budget.seconds("deliver")).toBe(8.5);
  });

  it("counts only what is spent ending, and nested work once", async () => {
    const { budget, clock, spend } = budgetOf({ drainTimeoutSeconds: 0, graceSeconds: 0, shutdownSeconds: 10 });
    clock.now += 1_000_000;
    await budget.during(() => spend(4));
    clock.now += 1_000_000;
    expect(budget.seconds("teardown")).toBe(6);
    budget.renew();
    expect(budget.seconds("teardown")).toBe(10);
  });

  it("is never exceeded by phases that keep to it", async () => {
    const seconds = fc.integer({ min: 0, max: 50 });
    await fc.assert(
      fc.asyncProperty(
        seconds,
        seconds,
        seconds,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (drain, grace, more, parts) => {
          const total = drain + grace + 2 + more;
          const { budget, clock, spend } = budgetOf({
            drainTimeoutSeconds: drain,
            graceSeconds: grace,
            shutdownSeconds: total,
          });
          for (const phase of ["drain", "stop", "unlease", "deliver", "farewell", "teardown"] as const)
            await spend(budget.seconds(phase) * (parts.next().value ?? 1));
          expect(clock.now / 1_000).toBeLessThanOrEqual(total + 1e-6);
        },
      ),
    );
  });
});

describe("shutdownFault", () => {
  it("names every part when they do not fit", () => {
    const fault = shutdownFault({ drainTimeoutSeconds: 30, graceSeconds: 5, shutdownSeconds: 30 });
    expect(fault?.message).toBe(
      "shutdownSeconds is 30, but drainTimeoutSeconds (30), graceSeconds (5) and 2 s to deliver and to deregister come to 37",
    );
  });

  it.each([undefined, 37, 60])("finds nothing wrong with %s", (shutdownSeconds) => {
    const options = { drainTimeoutSeconds: 30, graceSeconds: 5 };
    expect(shutdownFault(shutdownSeconds === undefined ? options : { ...options, shutdownSeconds })).toBeUndefined();
  });
});
