import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleClock } from "../../../../plugins/docker-oken/src/agents/idle-clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function clock(limits: { freezeMs?: number; stopMs?: number }, isIdle = () => true) {
  const acts: string[] = [];
  return { acts, clock: new IdleClock(limits, isIdle, (act) => acts.push(act)) };
}

it("counts from the last time the agent became idle", () => {
  const { acts, clock: idle } = clock({ stopMs: 1_000 });
  idle.idle();
  vi.advanceTimersByTime(900);
  idle.idle();
  vi.advanceTimersByTime(999);
  expect(acts).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(acts).toEqual(["stop"]);
});

it("does nothing while the agent is busy", () => {
  let busy = true;
  const { acts, clock: idle } = clock({ stopMs: 1_000 }, () => !busy);
  idle.idle();
  vi.advanceTimersByTime(5_000);
  expect(acts).toEqual([]);
  busy = false;
  idle.idle();
  vi.advanceTimersByTime(1_000);
  expect(acts).toEqual(["stop"]);
});

it.each([
  [{ stopMs: 0 }, "stop"],
  [{ stopMs: -5 }, "stop"],
  [{ freezeMs: 5, stopMs: 10 }, "freeze"],
  [{ freezeMs: 5 }, "freeze"],
  [{ freezeMs: 10, stopMs: 5 }, "stop"],
])("with %j it is first to %s", (limits, act) => {
  const { acts, clock: idle } = clock(limits);
  idle.idle();
  vi.advanceTimersByTime(1_000);
  expect(acts).toEqual([act]);
});

it("never rings for what is neither frozen nor stopped, nor after its end (T16)", () => {
  const { acts, clock: pinned } = clock({});
  pinned.idle();
  const { acts: ended, clock: over } = clock({ stopMs: 10 });
  over.idle();
  over.stop();
  over.idle();
  vi.advanceTimersByTime(100_000);
  expect([...acts, ...ended]).toEqual([]);
});

it("waits longer than a timer can", () => {
  const days = 40 * 86_400_000;
  const { acts, clock: idle } = clock({ stopMs: days });
  idle.idle();
  vi.advanceTimersByTime(days - 1);
  expect(acts).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(acts).toEqual(["stop"]);
});

it("asks again when what was due failed (OKEN-D18)", () => {
  const { acts, clock: idle } = clock({ stopMs: 10 });
  idle.idle();
  vi.advanceTimersByTime(10);
  idle.again(100);
  vi.advanceTimersByTime(100);
  expect(acts).toEqual(["stop", "stop"]);
});
