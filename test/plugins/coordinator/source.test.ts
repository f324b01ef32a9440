import { describe, expect, it } from "vitest";
import { deliveredRun, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet, recordingLog, settle, start } from "./test-source.ts";

const POLL = "GET /runner/runs";
const REGISTER = "POST /runner/register";

describe("the drain", () => {
  it("opens no further poll and offers what the open one brings", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    drain();
    await started;
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    await settle();
    expect(coordinator.of(POLL)).toHaveLength(1);
  });

  it("ends a registration that is still waiting", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { status: 503 });
    const { started, drain } = start({ url: coordinator.url, timing: { backoffBaseMs: 1e9, backoffCapMs: 1e9 } });
    await coordinator.seen(REGISTER);
    drain();
    await started;
  });
});

describe("the end", () => {
  it("deregisters what the coordinator was just about to register", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const drained = Promise.withResolvers<void>();
    coordinator.once(REGISTER, { json: REGISTERED, after: drained.promise.then(settle) });
    const { source, started, drain } = start({ url: coordinator.url });
    await coordinator.seen(REGISTER);
    drain();
    drained.resolve();
    await started;
    await source.close(new AbortController().signal);
    expect(coordinator.of(`DELETE /runners/${REGISTERED.runner_id}`)).toHaveLength(1);
  });
});

describe("deregistration from outside", () => {
  it("stops the work and ends the source", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source, started } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { deregistered: true } });
    await started;
    expect([feed.stops, feed.free]).toEqual([[{ all: true }], 16]);
    await source.close(new AbortController().signal);
    expect(coordinator.requests.some(({ route }) => route.startsWith("DELETE"))).toBe(false);
  });

  it("keeps what is owed without registering anew", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source, started } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { deregistered: true } });
    await started;
    const attempt = { number: 1, uncertain: false, signal: new AbortController().signal, log: quiet };
    const report = { type: "stopped", signal: "SIGTERM" };
    expect(await source.deliver({ run: "r", session: "s" }, report, attempt)).toBe("keep");
    expect(coordinator.of(REGISTER)).toHaveLength(1);
  });
});

describe("the log", () => {
  it("never hears a password of the URL", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    coordinator.once(POLL, { status: 500 }, { json: {} });
    start({ url: coordinator.url.replace("//", "//ann:hunter2@"), log });
    await coordinator.seen(POLL, 3);
    expect(lines.length).toBeGreaterThan(2);
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|ann/);
  });
});
