import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wellFormed } from "../../../plugins/coordinator/src/well-formed.ts";

describe("wellFormed", () => {
  it("replaces escapes of lone surrogates", () => {
    expect(wellFormed('["\\ud800","\\uDFFF","a\\udc00\\ud83d"]')).toBe('["\\ufffd","\\ufffd","a\\ufffd\\ufffd"]');
  });

  it("keeps pairs, and texts that only look like escapes", () => {
    for (const text of ['"\\ud83d\\ude00"', '"\\\\ud800"', '"\\\\\\\\ud800"', '"☃ 😀 \\n \\u00e9"'])
      expect(wellFormed(text)).toBe(text);
  });

  it("sees an escape behind an escaped backslash", () => {
    expect(wellFormed('"\\\\\\ud800"')).toBe('"\\\\\\ufffd"');
  });

  it("replaces raw lone surrogates", () => {
    expect(wellFormed('"\ud800"')).toBe('"\ufffd"');
  });

  it("agrees with the strings' own repair on every document", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.array(fc.integer({ min: 0xd7fe, max: 0xe001 })),
        (a, b, units) => {
          const text = JSON.stringify(a + String.fromCharCode(...units) + b);
          expect(JSON.parse(wellFormed(text))).toBe((JSON.parse(text) as string).toWellFormed());
        },
      ),
    );
  });

  it("leaves well-formed documents byte for byte", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "grapheme" }), (text) => {
        if (text.isWellFormed()) expect(wellFormed(text)).toBe(text);
      }),
    );
  });
});
