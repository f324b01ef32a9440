import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonText, mapNumbers, memberTexts, stringify } from "../../../plugins/embedded-coordinator/src/json-text.ts";
import { pythonNumber } from "../../../plugins/embedded-coordinator/src/python-numbers.ts";

describe("member texts", () => {
  test.each([
    ['{"a":1.0,"b":[1e-7, "]"] }', { a: "1.0", b: '[1e-7, "]"]' }],
    [' { "10" : {"z":1,"1":2} , "2":"x\\"}" } ', { "10": '{"z":1,"1":2}', "2": '"x\\"}"' }],
    ['{"a":1,"a":-0.0}', { a: "-0.0" }],
    ['{"\\u0061":null}', { a: "null" }],
    ["{}", {}],
    ["[1,2]", {}],
    ["3", {}],
  ])("of %s are as written", (document, members) => {
    expect(Object.fromEntries(memberTexts(document))).toEqual(members);
  });

  test("say what parsing says, for any object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom("", " ", "\n\t"), (value, indent) => {
        const document = JSON.stringify(value, null, indent);
        const texts = memberTexts(document);
        const parsed = Object.fromEntries([...texts].map(([key, text]) => [key, JSON.parse(text)]));
        expect(parsed).toEqual(JSON.parse(document));
        expect(JSON.parse(stringify({ kept: new JsonText(document) }))).toEqual({ kept: JSON.parse(document) });
      }),
    );
  });

  test("are found in strings of many megabytes", () => {
    const long = "x\\n".repeat(4_000_000);
    expect(memberTexts(`{"a":"${long}","b":1.50}`).get("b")).toBe("1.50");
  });
});

describe("Python's numbers", () => {
  test.each([
    ["1.0", "1.0"],
    ["1.50", "1.5"],
    ["1e16", "1e+16"],
    ["1e-7", "1e-07"],
    ["-0.0", "-0.0"],
    ["-0", "0"],
    ["12345678901234567890", "12345678901234567890"],
    ["1E2", "100.0"],
    ["1e15", "1000000000000000.0"],
    ["123456789.123e10", "1.23456789123e+18"],
    ["0.0001", "0.0001"],
    ["0.00001", "1e-05"],
    ["-2.5e-3", "-0.0025"],
    ["1e300", "1e+300"],
    ["-1e400", "-1e400"],
  ])("write %s as %s", (token, text) => {
    expect(pythonNumber(token)).toBe(text);
  });

  test("name the same double as the token", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const token = value.toExponential();
        expect(Number(pythonNumber(token))).toBe(Number(token));
      }),
    );
  });

  test("replace number tokens and nothing else", () => {
    expect(mapNumbers('{"1.50":[1.50, "1.50", -3, true],"a":2e0}', pythonNumber)).toBe(
      '{"1.50":[1.5, "1.50", -3, true],"a":2.0}',
    );
  });
});
