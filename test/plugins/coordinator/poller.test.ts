import { describe, expect, it, vi } from "vitest";
import type { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { deliveredRun, NOT_REGISTERED, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { recordingLog, start } from "./test-source.ts";

const POLL = "GET /runner/runs";
const REGISTER = "POST /runner/register";

describe("polling", () => {
  it("asks at the advertised path with the runner's id", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { json: { ...REGISTERED, poll_endpoint: "/v2/poll" } });
    coordinator.always("GET /v2/poll", { hang: true });
    start({ url: coordinator.url });
    expect((await coordinator.seen("GET /v2/poll")).query.get("runner_id")).toBe(REGISTERED.runner_id);
  });

  it("offers a run with its exact parameters", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    const text = JSON.stringify({ run: deliveredRun() }).replace('{"path":"/srv"}', '{"10":1.50, "2":1e-07}');
    await coordinator.answerPoll({ text });
    await feed.until(() => feed.offers.length === 1);
    expect(feed.offers[0]).toMatchObject({
      ref: { run: "run_5b1d0c9e7a42", session: "ses_0f3a6e2b91cd" },
      run: { id: "run_5b1d0c9e7a42", parametersText: '{"10":1.50, "2":1e-07}' },
    });
    await coordinator.seen(POLL, 2);
    expect(feed.free).toBe(14);
  });

  it("asks again at once after nothing came", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url, timing: { backoffBaseMs: 1e9, backoffCapMs: 1e9 } });
    for (let poll = 1; poll <= 3; poll++) await coordinator.answerPoll({ status: 204 });
    await coordinator.seen(POLL, 4);
    expect(feed.free).toBe(15);
  });

  it("never gives up on a coordinator that fails", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const bad = [
      { status: 500 },
      { drop: true },
      { status: 302 },
      { text: "{" },
      { status: 403 },
      { json: { odd: 1 } },
    ];
    coordinator.once(POLL, ...bad, ...bad, ...bad);
    const { feed } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    expect(coordinator.of(POLL).length).toBeGreaterThanOrEqual(bad.length * 3 + 1);
  });

  it("survives an answer that is nested without end", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const bodies = [`{"detail":{"a":${deep}}}`, `{"detail":${deep}}`];
    coordinator.once(POLL, ...bodies.map((text) => ({ status: 500, text })), { text: `{"run":${deep}}` });
    const { feed } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    await coordinator.seen(POLL, 5);
    expect(feed.free).toBe(14);
  });

  it("holds off after a failure", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(POLL, { status: 500 });
    const { source, feed } = start({ url: coordinator.url, timing: { backoffBaseMs: 1e9, backoffCapMs: 1e9 } });
    await coordinator.seen(POLL);
    for (let exchange = 0; exchange < 20; exchange++) await source.client.send("GET", "/health");
    expect([coordinator.of(POLL).length, feed.free]).toEqual([1, 16]);
  });

  it("registers anew when the coordinator has forgotten the runner", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once(POLL, NOT_REGISTERED);
    const { feed } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    expect(coordinator.of(REGISTER)).toHaveLength(2);
    expect(feed.stops).toEqual([]);
  });

  it("ends with the reason when it may not register anew", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once(REGISTER, { json: REGISTERED }, { status: 422, json: { detail: "no" } });
    coordinator.always(POLL, NOT_REGISTERED);
    await expect(start({ url: coordinator.url }).started).rejects.toThrow(/refused the registration/);
  });

  it("needs a profile", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    await expect(start({ url: coordinator.url, profile: undefined }).started).rejects.toThrow(
      /needs a profile.*PROFILE/,
    );
  });

  it("is not done without a slot", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url }, new HandMadeFeed(1));
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await coordinator.seen("GET /runs", 3);
    expect(coordinator.of(POLL)).toHaveLength(1);
    feed.end("run_5b1d0c9e7a42");
    await coordinator.seen(POLL, 2);
  });

  it("gives what no plugin keeps, scripts, a line in the log", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    const { feed } = start({ url: coordinator.url, log });
    await coordinator.answerPoll({ json: { sync_scripts: ["disk_report"], remove_scripts: [] } });
    await coordinator.seen(POLL, 2);
    expect(lines).toContainEqual(expect.objectContaining({ sync: ["disk_report"], remove: [] }));
    expect(feed.free).toBe(15);
  });
});

describe("a coordinator that answers at once, and with nothing new,", () => {
  const runs = { json: { run: deliveredRun() } };

  it.each([
    ["no work", { status: 204 }],
    ["the same run", runs],
    ["the same stop", { json: { stop_sessions: ["ses_1"] } }],
  ])("is not asked in a tight loop: %s", async (_, answer) => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(POLL, answer);
    const { source } = start({ url: coordinator.url, timing: { backoffBaseMs: 1e9, backoffCapMs: 1e9, hastyMs: 1e9 } });
    await coordinator.seen(POLL, 14);
    const before = coordinator.of(POLL).length;
    for (let exchange = 0; exchange < 100; exchange++) await source.client.send("GET", "/health");
    expect(coordinator.of(POLL).length - before).toBeLessThan(10);
  });
});

describe("a late poll", () => {
  const soonLate = { lateMs: -29_999.9, backoffBaseMs: 1 };

  it("stays open beside one more, and its run is taken", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url, timing: soonLate });
    await coordinator.until(() => coordinator.openPolls === 2);
    await coordinator.answerPoll({ json: { run: deliveredRun({ run_id: "run_late" }) } });
    await coordinator.answerPoll({ json: { run: deliveredRun({ run_id: "run_next" }) } });
    await feed.until(() => feed.offers.length === 2);
    expect(feed.offers.map(({ run }) => run.id).sort()).toEqual(["run_late", "run_next"]);
  });

  it("gets no second companion while the coordinator answers nothing else", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /runners", () => ({ json: { runners: [coordinator.listed()] } }));
    coordinator.always("GET /runners", { hang: true });
    const { feed } = start({ url: coordinator.url, timing: soonLate });
    feed.runs.add("run_1");
    await coordinator.until(() => coordinator.openPolls === 2);
    await coordinator.seen("GET /runners", 3);
    expect([coordinator.openPolls, feed.free]).toEqual([2, 15]);
  });

  it("gets two more while the coordinator answers other requests", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url, timing: soonLate });
    feed.runs.add("run_1");
    await coordinator.until(() => coordinator.openPolls === 4);
    const stopChecks = coordinator.of("GET /runs").length;
    await coordinator.seen("GET /runs", stopChecks + 5);
    expect([coordinator.openPolls, feed.free]).toEqual([4, 15]);
  });

  it("lends its slot to its companion, and its run waits first in line", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source } = start({ url: coordinator.url, timing: soonLate }, new HandMadeFeed(1));
    numberPolls(source.client);
    await coordinator.until(() => coordinator.openPolls >= 2);
    // On connections of their own either may arrive first.
    const late = coordinator.of(POLL).findIndex(({ query }) => query.get("number") === "1");
    await coordinator.answerPoll({ json: { run: deliveredRun({ run_id: "run_late" }) } }, late);
    await feed.until(() => feed.offers.length === 1);
    expect(feed.inLine).toEqual(["run_late"]);
  });

  it("is taken for lost in the end", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url, timing: { ...soonLate, abandonMs: 20 } });
    await coordinator.seen(POLL, 5);
    expect(coordinator.openPolls).toBeLessThanOrEqual(4);
  });

  it("is measured by the longer of both times", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { json: { ...REGISTERED, poll_timeout_seconds: 3_600 } });
    const { source } = start({ url: coordinator.url, timing: soonLate });
    for (let exchange = 0; exchange < 20; exchange++) await source.client.send("GET", "/health");
    expect(coordinator.openPolls).toBe(1);
  });
});

/** Has each poll say which it is, in the order in which they are sent. */
function numberPolls(client: CoordinatorClient): void {
  const send = client.send.bind(client);
  let number = 0;
  vi.spyOn(client, "send").mockImplementation((method, path, details) =>
    send(method, path.startsWith("/runner/runs?") ? `${path}&number=${++number}` : path, details),
  );
}
