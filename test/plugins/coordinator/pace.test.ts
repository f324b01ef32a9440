import { describe, expect, it } from "vitest";
import { Pace } from "../../../plugins/coordinator/src/pace.ts";

/** Waits after so many answers, each of which took so long. */
function waits(pace: Pace, count: number, tookMs: number, isNews: boolean): number[] {
  return Array.from({ length: count }, () => pace.after(tookMs, isNews));
}

describe("Pace", () => {
  it("lets a few hasty answers pass, then waits up to a second", () => {
    const pace = new Pace(500);
    expect(waits(pace, 10, 1, false)).toEqual(Array(10).fill(0));
    const later = waits(pace, 20, 1, false);
    expect(later.every((ms) => ms >= 25 && ms <= 1_000)).toBe(true);
    expect(later.at(-1)).toBeGreaterThanOrEqual(500);
  });

  it.each([
    ["news", 1, true],
    ["an answer that took its time", 500, false],
  ])("starts over after %s", (_, tookMs, isNews) => {
    const pace = new Pace(500);
    waits(pace, 30, 1, false);
    expect([pace.after(tookMs, isNews), pace.after(1, false)]).toEqual([0, 0]);
  });

  it("never waits while every answer brings a run", () => {
    expect(waits(new Pace(500), 1_000, 0, true)).toEqual(Array(1_000).fill(0));
  });
});
