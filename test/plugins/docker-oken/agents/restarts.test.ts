import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Restarts } from "../../../../plugins/docker-oken/src/agents/restarts.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

it("starts at once, then after ever longer pauses, then no more", () => {
  const restarts = new Restarts(4);
  expect([1, 2, 3, 4, 5].map(() => restarts.down())).toEqual([0, 500, 1_000, 2_000, undefined]);
  expect(restarts.waitMs).toBe(60_000);
});

it("begins anew once an agent ran for a while", () => {
  const restarts = new Restarts(1);
  restarts.up();
  expect(restarts.down()).toBe(0);
  restarts.up();
  vi.advanceTimersByTime(61_000);
  expect(restarts.down()).toBe(0);
});

it("gives an agent that crashes soon after its start no credit", () => {
  const restarts = new Restarts(1);
  restarts.up();
  vi.advanceTimersByTime(100);
  restarts.down();
  restarts.up();
  vi.advanceTimersByTime(100);
  expect(restarts.down()).toBeUndefined();
});
