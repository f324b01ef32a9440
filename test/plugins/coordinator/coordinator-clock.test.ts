import { describe, expect, it } from "vitest";
import { CoordinatorClock } from "../../../plugins/coordinator/src/coordinator-clock.ts";

describe("the coordinator's clock", () => {
  it("is read in the middle of the request", () => {
    expect(new CoordinatorClock().read(5_000, 100, 300)).toEqual({ ahead: 4_800, error: 100 });
  });

  it("keeps the more exact reading while both agree", () => {
    const clock = new CoordinatorClock();
    clock.read(5_000, 100, 300);
    const exact = clock.read(5_060, 200, 220);
    expect(exact).toEqual({ ahead: 4_850, error: 10 });
    expect(clock.read(6_000, 1_100, 1_300)).toEqual(exact);
  });

  it("is believed when it was set meanwhile", () => {
    const clock = new CoordinatorClock();
    clock.read(5_000, 100, 120);
    expect(clock.read(3_605_000, 1_100, 1_900)).toEqual({ ahead: 3_603_500, error: 400 });
  });

  it("is not read by an answer that took long", () => {
    expect(new CoordinatorClock().read(5_000, 100, 1_101)).toBeUndefined();
  });
});
