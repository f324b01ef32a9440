import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitWords } from "../../../../plugins/command-executor/src/resolve/split-words.ts";

describe("splitWords", () => {
  const cases: [command: string, words: string[]][] = [
    ["a b\tc\nd", ["a", "b", "c", "d"]],
    ["  a  ", ["a"]],
    ["", []],
    ["   ", []],
    ["'a b' c", ["a b", "c"]],
    [`'a\\b"' x`, ['a\\b"', "x"]],
    [`"a b" "c\\"d" "e\\\\f"`, ["a b", 'c"d', "e\\f"]],
    [`"\\n \\$ \\'"`, ["\\n \\$ \\'"]],
    ["a\\ b \\'c", ["a b", "'c"]],
    [`a'b'"c"d`, ["abcd"]],
    ["'' x \"\"", ["", "x", ""]],
    ["# no comment", ["#", "no", "comment"]],
    ["$HOME `x` *", ["$HOME", "`x`", "*"]],
  ];
  for (const [command, words] of cases) {
    it(`splits ${JSON.stringify(command)}`, () => expect(splitWords(command)).toEqual(words));
  }

  it.each([
    ["single", "a 'b"],
    ["double", 'a "b'],
    ["double", 'a "b\\"'],
  ])("refuses an open %s quote", (kind, command) => {
    expect(() => splitWords(command)).toThrow(`a ${kind} quote is not closed`);
  });

  it("refuses a backslash at the end", () => {
    expect(() => splitWords("a\\")).toThrow("ends with a backslash");
  });

  it("gives back any words, however they were quoted", () => {
    const word = fc.string({ unit: "binary" });
    const quoting = fc.constantFrom(inSingle, inDouble, withBackslashes);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, quoting)), (pairs) => {
        const command = pairs.map(([text, quote]) => quote(text)).join(" ");
        expect(splitWords(command)).toEqual(pairs.map(([text]) => text));
      }),
    );
  });
});

function inSingle(text: string): string {
  return `'${text.replaceAll("'", "'\"'\"'")}'`;
}

function inDouble(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function withBackslashes(text: string): string {
  return text === "" ? "''" : text.replace(/[ \t\r\n'"\\]/g, "\\$&");
}
