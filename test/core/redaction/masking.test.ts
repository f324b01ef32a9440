import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskPart, maskText } from "../../../core/src/redaction/masking.ts";
import { Matcher } from "../../../core/src/redaction/matcher.ts";

const MASK = "********";
/** Few characters, so that secrets overlap each other and themselves. */
const secret = fc.string({
  unit: fc.constantFrom("a", "b", "\\", "%", "2", "5", '"', "n"),
  minLength: 6,
  maxLength: 12,
});
const noise = fc.string({ unit: fc.constantFrom("a", "b", "\\", "%", "2", "5", '"', "n", "\n"), maxLength: 40 });

describe("maskText", () => {
  it("lets no secret through, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), noise, noise, (secrets, before, after) => {
        const matchers = [new Matcher(secrets)];
        for (const one of secrets) {
          const shown = one.replace(/\\+$/, "");
          const masked = maskText(before + one + after, matchers);
          if (shown.length >= 4) expect(masked.split(MASK).join("\u0000")).not.toContain(one);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("changes nothing but secrets", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(maskText(text, [new Matcher(["\u{1f511}-not-in-there"])])).toBe(text);
      }),
    );
  });

  it("finds what JSON makes of a secret, however often", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 8 }), fc.nat(4), (value, levels) => {
        fc.pre(value.trim() === value && value.replace(/[\\\s]/g, "").length >= 6);
        let written = value;
        for (let level = 0; level < levels; level++) written = JSON.stringify(written).slice(1, -1);
        const trailing = /\\*$/.exec(written)?.[0] ?? "";
        expect(maskText(`<${written}>`, [new Matcher([value])])).toBe(`<${MASK}${trailing}>`);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves JSON well-formed", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!/^[\d.e+-]+$/.test(value));
        const json = JSON.stringify({ text: before + value + after, nested: JSON.stringify({ value }) });
        expect(() => JSON.parse(maskText(json, [new Matcher([value])]))).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves JSON well-formed where a secret is made of escapes and backslashes", () => {
    const secret = fc.string({ minLength: 6, unit: fc.constantFrom("\\", "u", "n", "a", "0", "/", "\n") });
    const before = fc.constantFrom("", "x", "\\");
    fc.assert(
      fc.property(secret, before, fc.constantFrom("", "x"), (value, before, after) => {
        const json = JSON.stringify({ text: before + value + after, nested: JSON.stringify({ value }) });
        expect(() => JSON.parse(maskText(json, [new Matcher([value])]))).not.toThrow();
      }),
      {
        numRuns: 2_000,
        examples: [
          ["\\ua\\\\\\", "", ""],
          ["\\ua000\\", "", ""],
          ["\\".repeat(6), "\\", ""],
        ],
      },
    );
  });

  it("takes time in proportion to the text", () => {
    const matchers = [new Matcher([`${"a".repeat(2_000)}b`])];
    const timeOf = (length: number) => {
      const text = "a".repeat(length);
      const startedAt = performance.now();
      maskText(text, matchers);
      return performance.now() - startedAt;
    };
    timeOf(200_000);
    expect(timeOf(2_000_000)).toBeLessThan(2_000);
  });
});

describe("maskPart", () => {
  it("masks parts as it masks the whole", () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.oneof(noise, secret), { maxLength: 8 }),
        fc.array(fc.nat(20), { maxLength: 30 }),
        (secrets, pieces, cuts) => {
          const matchers = [new Matcher(secrets)];
          const text = pieces.join(secrets[0] ?? "");
          expect(inParts(text, cuts, matchers)).toBe(maskText(text, matchers));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it.each<[parts: string[], secrets: string[]]>([
    [["aaaaa%aa", "aaa%25%aaaaaa"], ["aaaaa%"]],
    [
      ["aaaaaaa\\", "aaaaaaa"],
      ["aaaaa%", "aaaaaa"],
    ],
  ])("reads on where an escape began: %j", (parts, secrets) => {
    const matchers = [new Matcher(secrets)];
    const [first = ""] = parts;
    expect(inParts(parts.join(""), [first.length], matchers)).toBe(maskText(parts.join(""), matchers));
  });

  it("holds back no more than the beginning of a secret", () => {
    const matchers = [new Matcher(["the-secret"])];
    expect(maskPart("a line\n", 0, matchers, false)).toEqual({ text: "a line\n", rest: "", covered: 0 });
    expect(maskPart("a the-se", 0, matchers, false)).toEqual({ text: "a ", rest: "the-se", covered: 0 });
  });

  it("holds back little of a secret that never ends", () => {
    const matchers = [new Matcher(["aaaaaa"])];
    let [rest, covered] = ["", 0];
    let masked = "";
    for (let part = 0; part < 100; part++) {
      const one = maskPart(`${rest}${"a".repeat(1_000)}`, covered, matchers, false);
      masked += one.text;
      [rest, covered] = [one.rest, one.covered];
      expect(rest.length).toBeLessThan(100);
    }
    expect(masked).toBe(MASK);
  });
});

function inParts(text: string, cuts: readonly number[], matchers: readonly Matcher[]): string {
  let [rest, covered, masked, at] = ["", 0, "", 0];
  for (const cut of [...cuts, text.length]) {
    const end = Math.min(text.length, at + cut);
    const one = maskPart(rest + text.slice(at, end), covered, matchers, false);
    masked += one.text;
    [rest, covered, at] = [one.rest, one.covered, end];
  }
  return masked + maskPart(rest + text.slice(at), covered, matchers, true).text;
}
