import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableLine } from "../../../core/src/plugin/printable.ts";

describe("printable", () => {
  it("takes colours, titles and bells out and leaves text and lines", () => {
    expect(printable("a\u001b[31mb\u001b]0;title\u0007c\td\r\ne\u0007\u009b2Jf")).toBe("abc\td\ne\uFFFDf");
  });

  it("lets no control character through, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[^\P{Cc}\t\n]/u);
        expect(printableLine(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
