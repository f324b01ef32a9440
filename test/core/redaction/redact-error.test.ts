import { FaultReport, LeaseholdError, SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";

const store = new SecretStore();
store.runner.register("the-secret", "one");
const masked = (thrown: unknown) => store.maskError("thrown", thrown);

describe("an error that leaves", () => {
  it("is the same when there is nothing to mask", () => {
    const error = new Error("fine", { cause: new Error("fine too") });
    expect(masked(error)).toBe(error);
  });

  it("is masked in message, stack, causes and members, and stays of its class", () => {
    const cause = Object.assign(new TypeError("of the-secret"), { details: { deep: ["the-secret"] } });
    const fault = new LeaseholdError("SETUP_FAILED", { plugin: "p", problem: "the-secret" }, { cause });
    const report = masked(new FaultReport("the-secret", [fault])) as FaultReport;
    expect(report).toBeInstanceOf(FaultReport);
    expect(report.faults[0]).toBeInstanceOf(LeaseholdError);
    expect(report.faults[0]?.code).toBe("SETUP_FAILED");
    const inner = report.faults[0]?.cause as TypeError & { details: unknown };
    expect(inner).toBeInstanceOf(TypeError);
    expect(inner.details).toEqual({ deep: ["********"] });
    for (const text of [report.message, report.stack, report.faults[0]?.message, inner.message, inner.stack])
      expect(text).not.toContain("the-secret");
  });

  it("may be its own cause, or impossible to read", () => {
    const circle = new Error("the-secret");
    circle.cause = circle;
    expect((masked(circle) as Error).message).toBe("********");
    const hostile = Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("the-secret");
      },
    });
    expect((masked(hostile) as Error).message).toBe("something thrown that cannot be read");
  });
});
