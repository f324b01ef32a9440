import fc from "fast-check";
import { JsonNumber, type JsonTree, jsonMemberText, parseJsonTree } from "leasehold";
import { describe, expect, it } from "vitest";

describe("parseJsonTree", () => {
  it("keeps number tokens as written", () => {
    const tokens = ["1.0", "1e-07", "-0.0", "12345678901234567890", "1E400"];
    expect(parseJsonTree(`[${tokens.join(" , ")}]`)).toEqual(tokens.map((text) => new JsonNumber(text)));
  });

  it("keeps the order of keys that look like integers", () => {
    expect([...(parseJsonTree('{"b":1,"10":2,"2":3}') as Map<string, JsonTree>).keys()]).toEqual(["b", "10", "2"]);
  });

  it("gives a duplicate key its last value in its first place", () => {
    expect([...(parseJsonTree('{"a":1,"b":2,"a":null}') as Map<string, JsonTree>).entries()]).toEqual([
      ["a", null],
      ["b", new JsonNumber("2")],
    ]);
  });

  it("refuses what JSON.parse refuses", () => {
    for (const text of ["", "{", "NaN", "[1,]", '{"a":1}{}', "\uFEFF{}", "'a'"])
      expect(() => parseJsonTree(text)).toThrow(SyntaxError);
  });

  it("reads strings of many megabytes", () => {
    for (const text of ["x".repeat(12_000_000), '\\"'.repeat(6_000_000)])
      expect(parseJsonTree(JSON.stringify({ text }))).toEqual(new Map([["text", text]]));
  });

  it("agrees with JSON.parse on every document", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, 4), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(toPlain(parseJsonTree(spaced))).toEqual(JSON.parse(spaced));
      }),
    );
  });
});

describe("jsonMemberText", () => {
  it("cuts members however deep they are nested", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const deepObjects = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    for (const value of [deep, deepObjects])
      expect(jsonMemberText(`{"before":${value},"run":${value},"after":1}`, ["run"])).toBe(value);
  });

  it("cuts the exact text of a nested member", () => {
    const text = '{ "run" : {"id":"x", "parameters" : { "n" : 1.50,"s":"}\\"" } , "z":[] } }';
    expect(jsonMemberText(text, ["run", "parameters"])).toBe('{ "n" : 1.50,"s":"}\\"" }');
  });

  it("finds nothing where there is no such member or no object", () => {
    expect(jsonMemberText('{"run":{}}', ["run", "parameters"])).toBeUndefined();
    expect(jsonMemberText('{"run":[1]}', ["run", "parameters"])).toBeUndefined();
  });

  it("takes the last of duplicate members", () => {
    expect(jsonMemberText('{"a":1,"a":2}', ["a"])).toBe("2");
  });
});

function toPlain(tree: JsonTree): unknown {
  if (tree instanceof JsonNumber) return Number(tree.text);
  if (Array.isArray(tree)) return tree.map(toPlain);
  if (tree instanceof Map) {
    const plain: Record<string, unknown> = {};
    for (const [key, value] of tree)
      Object.defineProperty(plain, key, {
        value: toPlain(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return plain;
  }
  return tree;
}
