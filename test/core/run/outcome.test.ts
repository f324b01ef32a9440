import { failed, isOutcome, jsonResult, refused, stopped, succeeded, textResult, withResult } from "leasehold";
import { describe, expect, it } from "vitest";

describe("outcomes", () => {
  it("are frozen, with the session finished unless said otherwise", () => {
    expect(succeeded()).toEqual({ status: "succeeded", session: "finished" });
    expect(succeeded(1, { session: "idle" }).session).toBe("idle");
    expect(Object.isFrozen(failed("x"))).toBe(true);
  });

  it("keep a result's text", () => {
    expect(succeeded(jsonResult("1.0")).result).toEqual({ format: "json", text: "1.0" });
    expect(succeeded({ a: [1] }).result).toEqual({ format: "json", text: '{"a":[1]}' });
    expect(withResult(succeeded(1), textResult("free")).result).toEqual({ format: "text", text: "free" });
  });

  it("take a JSON value that looks like a result and more for JSON", () => {
    expect(succeeded({ format: "json", text: "x", more: 1 }).result?.text).toBe(
      '{"format":"json","text":"x","more":1}',
    );
  });

  it("refuse a result that is no JSON", () => {
    expect(() => succeeded((() => 1) as never)).toThrow("a result must be JSON; a function is none");
  });

  it("give plain sentences a code", () => {
    expect([failed("a"), refused("b"), stopped("c")].map(({ error }) => error)).toEqual([
      { code: "RUN_FAILED", message: "a" },
      { code: "RUN_REFUSED", message: "b" },
      { code: "RUN_STOPPED", message: "c" },
    ]);
  });

  it.each([
    null,
    undefined,
    1,
    "x",
    [],
    {},
    { ...succeeded(), session: "open" },
    { ...succeeded(), result: "x" },
    { ...succeeded(), timings: 5 },
    { ...failed("x"), error: "x" },
  ])("are told from %j", (value) => {
    expect(isOutcome(value)).toBe(false);
  });
});
