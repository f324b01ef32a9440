import { inspect } from "node:util";
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

  it.each(Object.entries(hidingPlaces("the-secret")))("is masked in %s", (_where, hiding) => {
    const shown = (thrown: unknown) => inspect(thrown, { depth: 9, showHidden: true, customInspect: true });
    expect(masked(hiding)).not.toBe(hiding);
    const error = masked(hiding) as Error;
    const held = (error as { held?: unknown }).held;
    for (const text of [shown(error), error.message, JSON.stringify(error), String(held)])
      expect(text).not.toContain("the-secret");
  });

  it("takes no longer for being joined in many ways", () => {
    let joined: unknown[] = ["the-secret"];
    for (let depth = 0; depth < 60; depth++) joined = [joined, joined];
    expect(masked(Object.assign(new Error("x"), { joined }))).toBeInstanceOf(Error);
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

function hidingPlaces(secret: string): Record<string, Error> {
  const holding = (held: unknown) => Object.assign(new Error("fine"), { held });
  class Client {
    readonly token = secret;
    [inspect.custom]() {
      return "Client";
    }
  }
  return {
    "an exception of the web's": new DOMException(secret, "AbortError"),
    "a computed message": new (class extends Error {
      override get message() {
        return secret;
      }
    })(),
    "errors that it gathers": new AggregateError([new Error(secret)], "fine"),
    "an instance that hides it": holding(new Client()),
    "an address": holding(new URL(`https://host.test/?token=${secret}`)),
    headers: holding(new Headers({ authorization: secret })),
    "a map": holding(new Map([["token", secret]])),
    bytes: holding(Buffer.from(`${secret}!`)),
    "a member named by a symbol": holding({ [Symbol("token")]: secret }),
    "a member that nobody lists": holding(Object.defineProperty({}, "token", { value: secret })),
    "the name of a member": Object.assign(new Error("fine"), { [secret]: 1 }),
  };
}
