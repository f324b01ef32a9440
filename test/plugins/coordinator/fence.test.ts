import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Fence } from "../../../plugins/coordinator/src/fence.ts";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { ScriptedCoordinator } from "./scripted-coordinator.ts";
import { recordingLog, start } from "./test-source.ts";

const POLL = "GET /runner/runs";

function busyFeed(): HandMadeFeed {
  const feed = new HandMadeFeed();
  feed.runs.add("run_1");
  return feed;
}

let over: AbortController;
beforeEach(() => {
  over = new AbortController();
});
afterEach(() => {
  over.abort();
  vi.restoreAllMocks();
});

describe("self-fencing", () => {
  it("stops running work when neither beat nor poll is confirmed for so long", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    const { feed } = start({ url: coordinator.url, options: { fenceAfterSeconds: 0.05 }, log }, busyFeed());
    await coordinator.seen(POLL);
    await feed.until(() => feed.stops.length > 0);
    expect(feed.stops[0]).toEqual({ all: true });
    expect(feed.reasons[0]).toEqual({ reason: "lease-lost", message: expect.stringContaining("0.05 s") });
    expect(lines.some(({ msg }) => msg.includes("the lease counts as lost"))).toBe(true);
  });

  it("leaves work alone while it hears of the coordinator", async () => {
    let now = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const feed = busyFeed();
    const fence = new Fence({ feed, log: recordingLog().log, afterMs: 4 });
    void fence.until(over.signal);
    for (let round = 0; round < 20; round++) {
      now += 3;
      await new Promise((resolve) => setTimeout(resolve, 4));
      expect(feed.stops).toEqual([]);
      fence.heard(now);
    }
    now += 4;
    await feed.until(() => feed.stops.length > 0);
  });

  it.each([
    ["polls", async (coordinator: ScriptedCoordinator) => coordinator.answerPoll({ status: 204 })],
    ["beats", async (_: ScriptedCoordinator, beat: () => Promise<void>) => beat()],
  ])("hears of %s that are confirmed", async (_, confirm) => {
    const heard = vi.spyOn(Fence.prototype, "heard");
    await using coordinator = await ScriptedCoordinator.start();
    const settings = { url: coordinator.url, options: { fenceAfterSeconds: 60 }, timing: { hastyMs: 0 } };
    const { source } = start(settings, busyFeed());
    await coordinator.seen(POLL);
    const asked = performance.now();
    await confirm(coordinator, () => source.heartbeat.beat());
    await expect.poll(() => heard.mock.lastCall?.[0]).toBeGreaterThanOrEqual(asked);
  });

  it("is off unless it is asked for", async () => {
    const watched = vi.spyOn(Fence.prototype, "until");
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url }, busyFeed());
    await coordinator.seen(POLL);
    expect(watched).not.toHaveBeenCalled();
  });
});
