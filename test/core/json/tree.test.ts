import fc from "fast-check";
import { JsonNumber, type JsonTree, parseJsonTree } from "leasehold";
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
    const long = "x".repeat(64 * 1024 * 1024);
    expect(parseJsonTree(JSON.stringify(long))).toBe(long);
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
