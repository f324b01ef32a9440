import { describe, expect, it } from "vitest";
import { deliveredRun, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { recordingLog, settle, start } from "./test-source.ts";

const POLL = "GET /runner/runs";

describe("the runner's own deregistration", () => {
  const DELETE = `DELETE /runners/${REGISTERED.runner_id}`;

  it("waits for the open poll to end", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    const closed = source.close(new AbortController().signal);
    expect((await coordinator.seen(DELETE)).query.has("self")).toBe(false);
    await coordinator.answerPoll({ json: { deregistered: true } });
    await closed;
    expect(coordinator.of(DELETE)).toHaveLength(1);
  });

  it("is said by itself when no poll is open", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    await coordinator.answerPoll({ status: 204 });
    await feed.until(() => feed.free === 16);
    await settle();
    await source.close(new AbortController().signal);
    expect(coordinator.of(DELETE).at(-1)?.query.get("self")).toBe("true");
  });

  it("follows when the poll took no notice of the mark", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    const closed = source.close(new AbortController().signal);
    await coordinator.seen(DELETE);
    await coordinator.answerPoll({ status: 204 });
    await closed;
    expect(coordinator.of(DELETE).map(({ query }) => query.get("self"))).toEqual([null, "true"]);
  });

  it("fails a run that the last poll brings", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    const closed = source.close(new AbortController().signal);
    await coordinator.seen(DELETE);
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await closed;
    const routes = coordinator.requests.map(({ route }) => route);
    expect(routes.indexOf("POST /runner/runs/run_5b1d0c9e7a42/failed")).toBeLessThan(routes.lastIndexOf(DELETE));
    expect(feed.offers).toEqual([]);
  });

  it("does not wait longer than it may", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    const limit = new AbortController();
    const closed = source.close(limit.signal);
    await coordinator.seen(DELETE);
    for (let exchange = 0; exchange < 5; exchange++) await source.client.send("GET", "/health");
    limit.abort();
    await closed;
  });

  it("is only a warning when the coordinator is gone", async () => {
    const coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    const { source, started, drain } = start({ url: coordinator.url, log });
    await coordinator.seen(POLL);
    drain();
    await started;
    await coordinator[Symbol.asyncDispose]();
    await source.close(new AbortController().signal);
    expect(lines.at(-1)).toMatchObject({ level: "warn", msg: expect.stringContaining("could not deregister") });
  });
});
