import { describe, expect, it } from "vitest";
import { Backoff, isPowerOfTwo, pause, unlessAborted } from "../../../plugins/coordinator/src/backoff.ts";

const timing = { backoffBaseMs: 1_000, backoffCapMs: 30_000 };

describe("Backoff", () => {
  it("doubles its ceiling up to the cap", () => {
    const backoff = new Backoff(timing, () => 1);
    expect(Array.from({ length: 7 }, () => backoff.next())).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it("leaves half of its delays to chance", () => {
    expect(new Backoff(timing, () => 0).next()).toBe(500);
    expect(new Backoff(timing, () => 0.5).next()).toBe(750);
  });

  it("begins anew after a reset", () => {
    const backoff = new Backoff(timing, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(1_000);
  });

  it("speaks up at doubling distances", () => {
    const backoff = new Backoff(timing);
    const loud = Array.from({ length: 20 }, (_, index) => {
      backoff.next();
      return backoff.loud ? index + 1 : 0;
    });
    expect(loud.filter((failure) => failure > 0)).toEqual([1, 2, 4, 8, 16]);
    expect(isPowerOfTwo(0)).toBe(false);
  });
});

describe("pause", () => {
  it("ends early when it is aborted", async () => {
    await pause(1_000_000, AbortSignal.abort());
  });
});

describe("unlessAborted", () => {
  it("gives the value, or nothing once aborted", async () => {
    expect(await unlessAborted(Promise.resolve(7), new AbortController().signal)).toBe(7);
    expect(await unlessAborted(Promise.resolve(7), AbortSignal.abort())).toBeUndefined();
    const abort = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), abort.signal);
    abort.abort();
    expect(await waiting).toBeUndefined();
  });
});
