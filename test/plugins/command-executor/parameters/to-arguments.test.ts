import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toArguments } from "../../../../plugins/command-executor/src/parameters/to-arguments.ts";
import vectors from "../../../fixtures/python-arguments/vectors.json" with { type: "json" };

/** The rows of the table in the protocol, §4.5. */
const ROWS: [name: string, json: string, args: string[]][] = [
  ["a string", '{"s":"hé ☃ \\"q\\""}', ["--s", 'hé ☃ "q"']],
  ["an empty string", '{"s":""}', ["--s", ""]],
  ["a string with dashes and newlines", '{"s":"--x\\ny"}', ["--s", "--x\ny"]],
  ["true", '{"t":true}', ["--t"]],
  ["false", '{"f":false,"g":true}', ["--g"]],
  ["a long integer", '{"n":12345678901234567890}', ["--n", "12345678901234567890"]],
  ["minus zero", '{"n":-0}', ["--n", "0"]],
  ["a float that is whole", '{"n":1.0}', ["--n", "1.0"]],
  ["a float with a trailing zero", '{"n":1.50}', ["--n", "1.5"]],
  ["a large exponent", '{"n":1e16}', ["--n", "1e+16"]],
  ["a capital exponent", '{"n":1E5}', ["--n", "100000.0"]],
  ["a small exponent", '{"n":1e-7}', ["--n", "1e-07"]],
  ["a negative float zero", '{"n":-0.0}', ["--n", "-0.0"]],
  ["an overflow", '{"n":1e400}', ["--n", "inf"]],
  ["null", '{"z":null}', ["--z", "None"]],
  ["an array", '{"a":[1,2.50,"a,b",true,null]}', ["--a", "1,2.5,a,b,True,None"]],
  ["an empty array", '{"a":[]}', ["--a", ""]],
  ["an object", '{"o":{"a":"it\'s","b":[true,null]}}', ["--o", "{'a': \"it's\", 'b': [True, None]}"]],
  ["an empty object", '{"o":{}}', ["--o", "{}"]],
  ["a key with blanks", '{"my key":1}', ["--my key", "1"]],
  ["keys that look like integers", '{"b":1,"10":2,"2":3}', ["--b", "1", "--10", "2", "--2", "3"]],
  ["duplicate keys", '{"a":1,"b":2,"a":3}', ["--a", "3", "--b", "2"]],
  ["nothing", "{}", []],
];

describe("toArguments", () => {
  for (const [name, json, args] of ROWS) {
    it(`turns ${name} into the reference's words`, () => expect(toArguments(json)).toEqual(args));
  }

  it(`agrees with Python on ${vectors.length} vectors`, () => {
    for (const { json, arguments: expected } of vectors) expect(toArguments(json), json).toEqual(expected);
  });

  it("gives every parameter but false its flag", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (parameters) => {
        const entries = Object.entries(parameters).filter(([, value]) => value !== false);
        const args = toArguments(JSON.stringify(parameters));
        expect(args).toHaveLength(entries.reduce((sum, [, value]) => sum + (value === true ? 1 : 2), 0));
        for (const [key] of entries) expect(args).toContain(`--${key}`);
      }),
    );
  });

  it("passes every string on as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(toArguments(JSON.stringify({ s: text }))).toEqual(["--s", text.toWellFormed()]);
      }),
    );
  });

  it("keeps the digits of every integer", () => {
    fc.assert(
      fc.property(fc.bigInt(), (n) => {
        expect(toArguments(`{"n":${n}}`)).toEqual(["--n", String(n)]);
      }),
    );
  });

  it("writes doubles so that they read back the same", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
        const [, text = ""] = toArguments(`{"n":${Object.is(n, -0) ? "-0e0" : n.toExponential()}}`);
        expect(Object.is(Number(text), n)).toBe(true);
        expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]\d{2,3})?$/);
      }),
    );
  });

  it("replaces lone surrogates by U+FFFD", () => {
    expect(toArguments('{"s":"a\\ud800b"}')).toEqual(["--s", "a\uFFFDb"]);
  });

  it("escapes lone surrogates inside objects", () => {
    expect(toArguments('{"o":{"a":"\\ud800"}}')).toEqual(["--o", "{'a': '\\ud800'}"]);
  });

  it("refuses what is no JSON object", () => {
    for (const text of ["[]", "1", "{", ""]) expect(() => toArguments(text)).toThrow(SyntaxError);
  });
});
