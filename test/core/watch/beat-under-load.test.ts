import { commandExecutor } from "@leasehold/command-executor";
import { describe, expect, it } from "vitest";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased, plugin } from "../../fixtures/runner.ts";

const SLOTS = 64;
const BEATS = 6;
const EVERY_MS = 1_000;

describe("the heartbeat", () => {
  // Wall-clock time would measure the machine, which others may keep busy. What is ours is the processor time that a turn of
  // the loop takes, and that no beat of the grid is passed over.
  it("keeps its grid with 64 busy slots and a child that floods output", async () => {
    const source = new QueueSource({ slots: SLOTS });
    const beats: number[] = [];
    const enough = Promise.withResolvers<void>();
    let busy = false;
    const beating = plugin("beating", ({ hooks }) =>
      hooks.onHeartbeat.tap(
        ({ at }) => {
          if (busy) beats.push(at);
          if (beats.length === BEATS) enough.resolve();
        },
        { everySeconds: EVERY_MS / 1_000 },
      ),
    );
    const launching = commandExecutor({
      background: "end",
      environment: { pass: [], set: {}, grants: { agents: {}, profiles: {} } },
    });
    const options = { drainTimeoutSeconds: 0, graceSeconds: 1, timeoutSeconds: 60 };
    const { drain, ended, event, events } = await lease([source], [beating, launching], options);
    const commands = ["/usr/bin/yes flood", ...Array.from({ length: SLOTS - 1 }, () => "/bin/sleep 60")];
    const outcomes = commands.map(async (command, index) => {
      const run = leased(`run-${index}`, { agent: { name: `agent-${index}`, command } });
      return (await source.offer(run)).outcome;
    });
    await event("resource", ({ act }) => act === "owned" && ownedIn(events) === SLOTS);
    busy = true;
    await enough.promise;
    expect((await source.feed).running()).toHaveLength(SLOTS);
    drain.abort();
    await ended;
    await event("loop");
    const loops = events.filter((event) => event.type === "loop");
    expect(Math.max(...loops.map(({ turnCpuMs }) => turnCpuMs))).toBeLessThan(EVERY_MS / 10);
    const steps = beats.map((at) => Math.round((at - (beats[0] ?? 0)) / EVERY_MS));
    // A machine that gave this thread nothing for a whole interval has taken the beat; whatever we do, we could not.
    const starved = Math.max(...loops.map(({ longestMs }) => longestMs)) > EVERY_MS / 2;
    if (!starved) expect(steps).toEqual(Array.from({ length: BEATS }, (_, step) => step));
    expect((await Promise.all(outcomes)).every(({ status }) => status === "stopped")).toBe(true);
  });
});

function ownedIn(events: readonly { readonly type: string; readonly act?: string }[]): number {
  return events.filter(({ type, act }) => type === "resource" && act === "owned").length;
}
