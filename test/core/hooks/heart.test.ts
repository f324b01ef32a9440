import pino from "pino";
import { describe, expect, it, vi } from "vitest";
import { TapBoard } from "../../../core/src/hooks/facade.ts";
import { Heart } from "../../../core/src/hooks/heart.ts";
import { createHookTable } from "../../../core/src/hooks/hook-table.ts";
import { Instrument } from "../../../core/src/hooks/instrument.ts";
import { createManners } from "../../../core/src/hooks/manners.ts";
import type { TelemetryEvent } from "../../../core/src/telemetry.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { type LogLine, plugin } from "../../fixtures/runner.ts";

/** Resolves when it was called so many times. */
function counter(times: number) {
  const reached = Promise.withResolvers<void>();
  let count = 0;
  return { reached: reached.promise, count: () => count, up: () => void (++count >= times && reached.resolve()) };
}

describe("onHeartbeat", () => {
  it("beats each tap at its own pace", async () => {
    const [fast, slow] = [counter(10), counter(1)];
    await lease(
      [new QueueSource()],
      [
        plugin("fast", ({ hooks }) => hooks.onHeartbeat.tap(fast.up, { everySeconds: 0.01 })),
        plugin("slow", ({ hooks }) => hooks.onHeartbeat.tap(slow.up, { everySeconds: 600 })),
      ],
    );
    await fast.reached;
    expect(slow.count()).toBe(0);
  });

  it("asks a function for each interval anew", async () => {
    const beats = counter(3);
    await lease(
      [new QueueSource()],
      [
        plugin("eager", ({ hooks }) =>
          hooks.onHeartbeat.tap(beats.up, { everySeconds: () => (beats.count() < 3 ? 0.005 : 600) }),
        ),
      ],
    );
    await beats.reached;
  });

  it("skips beats of a tap that is busy and says so", async () => {
    const [entered, others] = [counter(1), counter(5)];
    const busy = Promise.withResolvers<void>();
    const { log } = await lease(
      [new QueueSource()],
      [
        plugin("busy", ({ hooks }) =>
          hooks.onHeartbeat.tap(
            () => {
              entered.up();
              return busy.promise;
            },
            { everySeconds: 0.005 },
          ),
        ),
        plugin("other", ({ hooks }) => hooks.onHeartbeat.tap(others.up, { everySeconds: 0.01 })),
      ],
    );
    await others.reached;
    expect(entered.count()).toBe(1);
    expect(log).toContainEqual(
      expect.objectContaining({ plugin: "busy", msg: expect.stringContaining("skips a beat") }),
    );
    busy.resolve();
  });

  it("logs and counts a throw and beats on", async () => {
    const beats = counter(3);
    const { log, event } = await lease(
      [new QueueSource()],
      [
        plugin("faulty", ({ hooks }) =>
          hooks.onHeartbeat.tap(
            async () => {
              beats.up();
              throw new Error("no pulse");
            },
            { everySeconds: 0.005 },
          ),
        ),
      ],
    );
    await beats.reached;
    await event("tap", ({ fault }) => fault === 'plugin "faulty" failed in onHeartbeat: no pulse');
    expect(log).toContainEqual(expect.objectContaining({ level: 50, plugin: "faulty", hook: "onHeartbeat" }));
  });

  it.each([0, -1, Number.NaN, "5"])("refuses a fixed interval of %s", async (everySeconds) => {
    const booting = lease(
      [],
      [plugin("odd", ({ hooks }) => hooks.onHeartbeat.tap(() => undefined, { everySeconds } as never))],
    );
    await expect(booting).rejects.toThrow("onHeartbeat was tapped with no everySeconds above 0");
  });
});

describe("the deadline of a beat", () => {
  it("makes a tap that takes too long a fault, and holds up no other", async () => {
    const log: LogLine[] = [];
    const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) });
    const telemetry = new TelemetryHub(logger);
    const late = Promise.withResolvers<TelemetryEvent>();
    telemetry.subscribe((event) => void (event.type === "tap" && event.fault && late.resolve(event)));
    const hooks = createHookTable();
    const heart = new Heart(
      (at) => hooks.onHeartbeat.callAsync({ at }, () => undefined),
      () => undefined,
    );
    const instrument = new Instrument(telemetry, logger);
    const board = new TapBoard(hooks, createManners(new WeakMap(), 30), instrument, heart, logger);
    const [stuck, others] = [counter(1), counter(30)];
    const tapStuck = () => {
      stuck.up();
      return new Promise<void>(() => undefined);
    };
    board.facadeFor("stuck").onHeartbeat.tap(tapStuck, { everySeconds: 0.005 });
    board.facadeFor("other").onHeartbeat.tap(others.up, { everySeconds: 0.005 });
    heart.start();
    try {
      expect(await late.promise).toMatchObject({
        plugin: "stuck",
        fault: 'plugin "stuck" failed in onHeartbeat: it took too long',
      });
      await others.reached;
      expect(stuck.count()).toBe(1);
      expect(log).toContainEqual(expect.objectContaining({ level: 50, plugin: "stuck", hook: "onHeartbeat" }));
    } finally {
      heart.stop();
    }
  });
});

describe("Heart", () => {
  it("leaves no timer behind when a beat stops it", () => {
    vi.useFakeTimers();
    try {
      const beats: number[] = [];
      const heart = new Heart(
        (at) => {
          beats.push(at);
          heart.stop();
        },
        () => undefined,
      );
      heart.add("p", 0.01);
      heart.start();
      vi.advanceTimersByTime(1_000);
      expect([beats.length, vi.getTimerCount()]).toEqual([1, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps its grid when a beat comes late", () => {
    const heart = new Heart(
      () => undefined,
      () => undefined,
    );
    const pulse = heart.add("p", 1);
    pulse.lastDue = 0;
    expect([
      Heart.claim(pulse, 999),
      Heart.claim(pulse, 1_400),
      Heart.claim(pulse, 1_999),
      Heart.claim(pulse, 2_000),
    ]).toEqual([false, true, false, true]);
    expect([Heart.claim(pulse, 7_300), pulse.lastDue]).toEqual([true, 7_000]);
  });

  it("keeps the last good interval while its function fails, and tells once", () => {
    const told: string[] = [];
    const heart = new Heart(
      () => undefined,
      (plugin, problem) => void told.push(`${plugin}: ${problem}`),
    );
    const answers: unknown[] = [2, Number.NaN, 0, "x", 3];
    const pulse = heart.add("p", () => {
      if (answers.length === 0) throw new Error("no idea");
      return answers.shift() as number;
    });
    expect([pulse.everyMs(), pulse.everyMs(), pulse.everyMs(), pulse.everyMs()]).toEqual([2_000, 2_000, 2_000, 2_000]);
    expect([pulse.everyMs(), pulse.everyMs()]).toEqual([3_000, 3_000]);
    expect(told).toEqual(["p: everySeconds answered NaN", "p: no idea"]);
  });
});
