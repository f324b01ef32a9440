import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyRef } from "../../../core/src/sources/ref.ts";

describe("copyRef", () => {
  it("gives back any JSON as the journal would", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(copyRef(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("leaves out members that are undefined", () => {
    expect(copyRef({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });
});
