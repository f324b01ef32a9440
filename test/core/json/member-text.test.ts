import fc from "fast-check";
import { jsonMemberText } from "leasehold";
import { describe, expect, it } from "vitest";

describe("jsonMemberText", () => {
  it("cuts the exact text of a nested member", () => {
    const text = '{ "run" : {"id":"x", "parameters" : { "n" : 1.50,"s":"}\\"" } , "z":[] } }';
    expect(jsonMemberText(text, ["run", "parameters"])).toBe('{ "n" : 1.50,"s":"}\\"" }');
  });

  it("finds nothing where there is no such member or no object", () => {
    expect(jsonMemberText('{"run":{}}', ["run", "parameters"])).toBeUndefined();
    expect(jsonMemberText('{"run":[1]}', ["run", "parameters"])).toBeUndefined();
  });

  it("cuts documents of any depth and strings of any length", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const long = JSON.stringify(`\\"${"x".repeat(64 * 1024 * 1024)}`);
    expect(jsonMemberText(`{"a":${deep},"b":${long}}`, ["a"])).toBe(deep);
    expect(jsonMemberText(`{"a":${deep},"b":${long}}`, ["b"]) === long).toBe(true);
  });

  it("agrees with JSON.parse on every object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 4), (document, indent) => {
        const parsed: Record<string, unknown> = JSON.parse(JSON.stringify(document));
        const text = JSON.stringify(parsed, null, indent);
        for (const key of Object.keys(parsed)) expect(JSON.parse(jsonMemberText(text, [key])!)).toEqual(parsed[key]);
      }),
    );
  });

  it("takes the last of duplicate members", () => {
    expect(jsonMemberText('{"a":1,"a":2}', ["a"])).toBe("2");
  });
});
