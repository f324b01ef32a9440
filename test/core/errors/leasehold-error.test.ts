import { describe, expect, it } from "vitest";
import { describeFault, LeaseholdError, messageOf } from "../../../core/src/errors/leasehold-error.ts";

describe("describeFault", () => {
  it("sets quoted lines in and shows control characters", () => {
    const fault = new LeaseholdError("SOURCE_FAILED", { source: "s", problem: "no\n\u001b[31mleasehold: all is well" });
    expect(describeFault(fault).split("\n")).toEqual([
      '  - lease source "s" failed: no',
      "    \\u001b[31mleasehold: all is well [SOURCE_FAILED]",
      "    See the cause.",
    ]);
  });
});

describe("messageOf", () => {
  it("gives the text of errors and strings", () => {
    expect([messageOf(new Error("no licence")), messageOf(new TypeError()), messageOf("plain")]).toEqual([
      "no licence",
      "TypeError",
      "plain",
    ]);
  });

  it("names what has no text", () => {
    expect([null, undefined, 5, Symbol("x"), Object.create(null)].map(messageOf)).toEqual([
      "a thrown null",
      "a thrown undefined",
      "a thrown number",
      "a thrown symbol",
      "a thrown object",
    ]);
  });

  it("never throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = new Error("m");
    Object.defineProperty(hostile, "message", {
      get() {
        throw hostile;
      },
    });
    const textless = Object.assign(new Error(), { message: Object.create(null) });
    for (const thrown of [proxy, hostile, textless])
      expect(messageOf(thrown)).toBe("something thrown that cannot be read");
  });
});
