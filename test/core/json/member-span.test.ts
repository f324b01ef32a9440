import fc from "fast-check";
import { jsonMemberSpan } from "leasehold";
import { describe, expect, it } from "vitest";

const memberOf = (text: string, name: string) => {
  const span = jsonMemberSpan(text, name);
  return span && text.slice(span.start, span.end);
};

describe("jsonMemberSpan", () => {
  it("says where a member stands, and how deeply it is nested", () => {
    const text = ' { "n" : -1.50 , "input":{"a":[{"s":"}\\""}],"b":[]} }';
    expect(jsonMemberSpan(text, "input")).toEqual({ start: 25, end: 51, depth: 3 });
    expect(jsonMemberSpan(text, "n")).toEqual({ start: 9, end: 14, depth: 0 });
  });

  it("finds nothing in what is no object", () => {
    for (const text of ["", "null", "[]", '["a",1]', '"a"', "{}", '{"b":{"a":1}}'])
      expect(jsonMemberSpan(text, "a")).toBeUndefined();
  });

  it("knows a name however it is spelled", () => {
    expect(memberOf(String.raw`{"\u0061":1}`, "a")).toBe("1");
    expect(memberOf(String.raw`{"a\\":1}`, "a\\")).toBe("1");
    expect(memberOf(String.raw`{"a\n":1}`, "a\\n")).toBeUndefined();
  });

  it("agrees with JSON.parse on every object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 4), (document, indent) => {
        const parsed: Record<string, unknown> = JSON.parse(JSON.stringify(document));
        const text = JSON.stringify(parsed, null, indent);
        for (const name of Object.keys(parsed)) expect(JSON.parse(memberOf(text, name)!)).toEqual(parsed[name]);
      }),
    );
  });

  it("comes to an end in what is no JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\a1 ') }), (text) => {
        try {
          jsonMemberSpan(`{"a":${text}`, "b");
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
