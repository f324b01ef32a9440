import pino from "pino";
import { describe, expect, it } from "vitest";
import type { Held } from "../../../core/src/hooks/instrument.ts";
import type { TelemetryEvent } from "../../../core/src/telemetry.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";
import { LoopWatch } from "../../../core/src/watch/loop-watch.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { type LogLine, leased, plugin } from "../../fixtures/runner.ts";

/** A watch whose clocks and taps are in the test's hands. It is due every 50 ms; nothing but the test lets it look. */
function watched(held?: Held) {
  const log: LogLine[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) });
  const events: TelemetryEvent[] = [];
  const hub = new TelemetryHub(logger);
  hub.subscribe((event) => void events.push(event));
  const time = { now: 0, cpu: 0 };
  const clocks = { now: () => time.now, cpu: () => time.cpu };
  const watch = new LoopWatch({ held, takeHeld: () => held }, hub, logger, clocks);
  watch.start();
  /** The loop comes back after so many milliseconds, having used the processor for so many. */
  const turn = (ms: number, cpu: number) => {
    time.now += ms;
    time.cpu += cpu;
    watch.look();
    watch.stop();
    watch.start();
  };
  return { watch, turn, log, events };
}

describe("LoopWatch", () => {
  it("reports how long and with how much work the loop was held", () => {
    const { turn, events, log } = watched();
    turn(110, 70);
    expect(events).toEqual([expect.objectContaining({ type: "loop", ms: 110, longestMs: 60, turnCpuMs: 60 })]);
    expect(log).toEqual([]);
  });

  it("names the tap that held it", () => {
    const { turn, log } = watched({ plugin: "slow", hook: "onLease", ms: 190 });
    turn(250, 195);
    expect(log).toEqual([
      expect.objectContaining({
        level: 40,
        ms: 200,
        cpuMs: 195,
        msg: 'the main loop was held for 200 ms: plugin "slow" worked in onLease for 190 ms without a pause',
      }),
    ]);
  });

  it.each([
    [
      "a busy machine",
      { plugin: "slow", hook: "onLease", ms: 190 },
      20,
      "the machine gave the process too little time",
    ],
    ["work outside of taps", undefined, 200, "the runner or a plugin worked without a pause; no tap was seen to"],
    ["a tap too short for it", { plugin: "p", hook: "h", ms: 20 }, 200, "no tap was seen to"],
  ])("tells %s from a tap that holds it", (_what, held, cpu, words) => {
    const { turn, log } = watched(held);
    turn(250, cpu);
    expect(log[0]?.msg).toContain(words);
  });

  it("warns once a minute, and says how often it kept quiet", () => {
    const { turn, log } = watched();
    for (let count = 0; count < 4; count++) turn(250, 200);
    turn(60_000, 0);
    expect(log.map(({ unsaid }) => unsaid)).toEqual([0, 3]);
  });

  it("sees a plugin that works without a pause", async () => {
    const source = new QueueSource();
    const hog = plugin("hog", ({ hooks }) =>
      hooks.onLease.tap(() => {
        for (const end = performance.now() + 150; performance.now() < end; );
      }),
    );
    const { drain, ended, event } = await lease(
      [source],
      [hog, executor(() => ({ status: "succeeded", session: "finished" }))],
    );
    await (await source.offer(leased())).outcome;
    // The look that is late by now comes in the next turn.
    await new Promise((resolve) => setTimeout(resolve, 1));
    drain.abort();
    await ended;
    const { held } = await event("loop", ({ held }) => held !== undefined);
    expect(held).toMatchObject({ plugin: "hog", hook: "onLease" });
  });
});
