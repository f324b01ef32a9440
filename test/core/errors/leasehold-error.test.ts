import { describe, expect, it } from "vitest";
import { describeFault, FaultReport, LeaseholdError, messageOf } from "../../../core/src/errors/leasehold-error.ts";
import { didYouMean } from "../../../core/src/errors/nearest.ts";

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

describe("LeaseholdError", () => {
  it("fills its sentences and keeps details and cause", () => {
    const cause = new Error("no port");
    const error = new LeaseholdError("SETUP_FAILED", { plugin: "web", problem: "{plugin} no port" }, { cause });
    expect(error).toMatchObject({
      name: "LeaseholdError",
      code: "SETUP_FAILED",
      message: 'setup of plugin "web" failed: {plugin} no port',
      details: { plugin: "web" },
      cause,
    });
  });

  it("leaves a placeholder that nobody filled", () => {
    expect(new LeaseholdError("PLUGIN_DUPLICATE").message).toBe('two plugins are named "{plugin}"');
  });

  it("is listed in a report with what to do", () => {
    const report = new FaultReport("Two faults", [new LeaseholdError("PLUGIN_DUPLICATE", { plugin: "a" })]);
    expect(report.message).toBe(
      'Two faults:\n  - two plugins are named "a" [PLUGIN_DUPLICATE]\n    Remove one of them from the list of plugins.',
    );
  });
});

describe("messageOf", () => {
  it.each([
    [new Error("text"), "text"],
    [new RangeError(), "RangeError"],
    ["text", "text"],
    [null, "a thrown null"],
    [5, "a thrown number"],
    [{ message: "text" }, "a thrown object"],
  ])("reads %s", (thrown, text) => {
    expect(messageOf(thrown)).toBe(text);
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

describe("didYouMean", () => {
  it("names what a misspelt name meant, and nothing else", () => {
    expect(didYouMean("onLeese", ["onResult", "onLease"])).toBe(' (did you mean "onLease"?)');
    expect(didYouMean("network", ["onResult", "onLease"])).toBe("");
    expect(didYouMean("x", [])).toBe("");
  });
});
