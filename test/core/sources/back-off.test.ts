import fc from "fast-check";
import { backOff } from "leasehold";
import { describe, expect, it } from "vitest";

describe("backOff", () => {
  it("doubles from the first time up to the longest", () => {
    const times = { firstMs: 100, longestMs: 1_000, random: () => 0.999_999 };
    expect([1, 2, 3, 4, 5, 1_000].map((attempt) => backOff(attempt, times))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it("leaves half of it to chance", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, (attempt, chance) => {
        const longest = backOff(attempt, { random: () => 0.999_999_999 });
        const waited = backOff(attempt, { random: () => chance });
        expect(waited).toBeGreaterThanOrEqual(Math.floor(longest / 2));
        expect(waited).toBeLessThanOrEqual(longest);
      }),
    );
  });
});
