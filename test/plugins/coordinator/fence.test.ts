import { describe, expect, it } from "vitest";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { ScriptedCoordinator } from "./scripted-coordinator.ts";
import { recordingLog, start } from "./test-source.ts";

const POLL = "GET /runner/runs";

function busyFeed(): HandMadeFeed {
  const feed = new HandMadeFeed();
  feed.runs.add("run_1");
  return feed;
}

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

  it.each([
    ["polls", async (coordinator: ScriptedCoordinator) => coordinator.answerPoll({ status: 204 })],
    ["beats", async (_: ScriptedCoordinator, beat: () => Promise<void>) => beat()],
  ])("leaves work alone while %s are confirmed", async (_, confirm) => {
    await using coordinator = await ScriptedCoordinator.start();
    const settings = { url: coordinator.url, options: { fenceAfterSeconds: 0.6 }, timing: { hastyMs: 0 } };
    const { feed, source } = start(settings, busyFeed());
    await coordinator.seen(POLL);
    const over = performance.now() + 1_500;
    while (performance.now() < over) {
      await confirm(coordinator, () => source.heartbeat.beat());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(feed.stops).toEqual([]);
  });

  it("is off unless it is asked for", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url }, busyFeed());
    await coordinator.seen(POLL);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(feed.stops).toEqual([]);
  });
});
