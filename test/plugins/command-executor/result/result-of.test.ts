import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../../../../plugins/command-executor/src/result/report.ts";
import { resultLine, resultOf } from "../../../../plugins/command-executor/src/result/result-of.ts";

function report(stdout: string, members: Partial<Report> = {}): Report {
  return {
    returnCode: 0,
    stdout: { text: stdout, droppedBytes: 0 },
    stderr: { text: "", droppedBytes: 0 },
    outputBytes: 100,
    ...members,
  };
}

function fallback(stdout: string, stderr = "", code = 0): string {
  return JSON.stringify({ return_code: code, stdout, stderr });
}

describe("resultOf", () => {
  it.each(["{}", '{"a":1.0,"b":12345678901234567890}', "[1]", '"text"', "7", "null", '{"a":1,"a":2}', '{"a":1e308}'])(
    "passes %s on as it was written",
    (text) => expect(resultOf(report(` ${text}\r\n`))).toEqual({ format: "json", text }),
  );

  it.each([
    "",
    "plain",
    "{}{}",
    "\uFEFF{}",
    '{"a":NaN}',
    '{"a":1e400}',
    "[-1E999]",
    `[${"1".repeat(4301)}]`,
    "\u00a0{}",
  ])("does not take %j for JSON", (text) => expect(resultOf(report(text)).text).toContain('"return_code":0'));

  it("takes long integers and quoted exponents for JSON", () => {
    for (const text of [`[${"1".repeat(400)}]`, '["1e400"]']) expect(resultOf(report(text)).text).toBe(text);
  });

  it("trims as Python does and makes line ends LF", () => {
    const stdout = "\x1c\x85\u2003 a\r\nb\rc \u3000\n";
    expect(resultOf(report(stdout)).text).toBe(fallback("a\nb\nc"));
    expect(resultOf(report("\uFEFF x")).text).toBe(fallback("\uFEFF x"));
  });

  it("reports the code and both streams", () => {
    const stderr = { text: " E\n", droppedBytes: 0 };
    expect(resultOf(report("p\n", { returnCode: -9, stderr })).text).toBe(fallback("p", "E", -9));
  });

  it("never takes cut output for JSON, and marks the cut", () => {
    const stdout = { text: "[1]", droppedBytes: 5 };
    expect(resultOf(report("", { stdout })).text).toBe(fallback("[1]\n[output cut after 100 bytes]"));
  });

  it("always makes a JSON document", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        expect(() => JSON.parse(resultOf(report(text)).text)).not.toThrow();
      }),
    );
  });
});

describe("resultLine", () => {
  it("writes JSON as Python does", () => {
    const text = '{ "return_code":3,"b":[1.50,true,null],"10":"é\\u007f😀\\"\\n","e":{},"l":[] }';
    const line = String.raw`{"return_code": 3, "b": [1.5, true, null], "10": "\u00e9${"\x7f"}\ud83d\ude00\"\n", "e": {}, "l": []}`;
    expect(resultLine({ format: "json", text })).toBe(line);
  });

  it("keeps documents nested too deep to rewrite", () => {
    const text = "[".repeat(100_000) + "]".repeat(100_000);
    expect(resultLine({ format: "json", text })).toBe(text);
  });
});
