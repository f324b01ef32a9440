import { describe, expect, it } from "vitest";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { deliveredRun, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { start } from "./test-source.ts";

const POLL = "GET /runner/runs";

describe("stops without an open poll", () => {
  it("are heard while every slot is busy, once each", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url }, new HandMadeFeed(1));
    const { runner_id } = REGISTERED;
    const run = { run_id: "run_5b1d0c9e7a42", session_id: "ses_0f3a6e2b91cd", runner_id };
    await coordinator.seen("GET /runs", 3);
    coordinator.once("GET /runs", { status: 500 }, { text: "[]" });
    coordinator.always("GET /runs", { json: { runs: [{ ...run, run_id: "run_other" }, run] } });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    const asked = await coordinator.seen("GET /runs", 8);
    expect(asked.query.get("status")).toBe("stopping");
    expect(feed.stops).toEqual([{ run: "run_5b1d0c9e7a42" }]);
  });

  it("are heard after a poll that broke", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    const run = { run_id: "run_5b1d0c9e7a42", session_id: "ses_0f3a6e2b91cd", runner_id: REGISTERED.runner_id };
    coordinator.always("GET /runs", { json: { runs: [run] } });
    await coordinator.answerPoll({ drop: true });
    await feed.until(() => feed.stops.length === 1);
  });

  it("are heard while the runner drains", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, started, drain } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await coordinator.seen(POLL, 2);
    const run = { run_id: "run_5b1d0c9e7a42", session_id: "ses_0f3a6e2b91cd", runner_id: REGISTERED.runner_id };
    coordinator.always("GET /runs", { json: { runs: [run] } });
    drain();
    await started;
    await feed.until(() => feed.stops.length === 1);
  });
});
