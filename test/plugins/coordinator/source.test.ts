import { Refusal } from "leasehold";
import { afterEach, describe, expect, it } from "vitest";
import type { CoordinatorSource } from "../../../plugins/coordinator/src/source.ts";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { deliveredRun, NOT_REGISTERED, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet, recordingLog, settle, type TestSource, testSource } from "./test-source.ts";

const POLL = "GET /runner/runs";
const REGISTER = "POST /runner/register";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Started {
  readonly source: CoordinatorSource;
  readonly feed: HandMadeFeed;
  readonly started: Promise<void>;
  readonly drain: () => void;
}

function start(settings: TestSource, feed = new HandMadeFeed()): Started {
  const source = testSource(settings);
  const drain = new AbortController();
  const started = source.start(feed, drain.signal);
  started.catch(() => {});
  ends.push(async () => {
    drain.abort();
    await started.catch(() => {});
    await source.close(AbortSignal.abort());
    await source.client.close();
  });
  return { source, feed, started, drain: () => drain.abort() };
}

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

  it("gets no second companion", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url, timing: soonLate });
    feed.runs.add("run_1");
    await coordinator.seen("GET /runs", 2);
    expect([coordinator.openPolls, feed.free]).toEqual([2, 14]);
  });

  it("gets no companion without a slot for it", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const feed = new HandMadeFeed(1);
    feed.runs.add("run_1");
    start({ url: coordinator.url, timing: soonLate }, feed);
    await coordinator.seen("GET /runs", 2);
    expect(coordinator.openPolls).toBe(1);
  });

  it("is taken for lost in the end", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url, timing: { ...soonLate, abandonMs: 20 } });
    await coordinator.seen(POLL, 5);
    expect(coordinator.openPolls).toBeLessThanOrEqual(2);
  });

  it("is measured by the longer of both times", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { json: { ...REGISTERED, poll_timeout_seconds: 3_600 } });
    const { source } = start({ url: coordinator.url, timing: soonLate });
    for (let exchange = 0; exchange < 20; exchange++) await source.client.send("GET", "/health");
    expect(coordinator.openPolls).toBe(1);
  });
});

describe("runs that are not meant for this runner", () => {
  const runLike = (
    id: string,
    source = "coordinator",
  ): { id: string; source: string; env: Record<string, string> } => ({ id, source, env: {} });

  it("are offered with a refusal, so that it is reported durably", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: deliveredRun({ type: "pause_session" }) } });
    await feed.until(() => feed.offers.length === 1);
    expect(source.admit(runLike("run_5b1d0c9e7a42"))).toEqual(new Refusal('unknown run type "pause_session"'));
    source.release({ run: "run_5b1d0c9e7a42", session: "ses_0f3a6e2b91cd" });
    expect(source.admit(runLike("run_5b1d0c9e7a42"))).toBeUndefined();
  });

  it("are refused even when only their id can be read", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source } = start({ url: coordinator.url });
    await coordinator.answerPoll({ json: { run: { run_id: "run_odd", type: 3 } } });
    await feed.until(() => feed.offers.length === 1);
    expect(source.admit(runLike("run_odd"))?.reason).toMatch(/the run makes no sense: session_id: .*type: /);
  });

  it("are failed directly when the core cannot take them", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.offerFault = new Error("the id is no name");
    coordinator.once("POST /runner/runs/run_5b1d0c9e7a42/failed", { status: 500 });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    const failed = await coordinator.seen("POST /runner/runs/run_5b1d0c9e7a42/failed", 2);
    expect(failed.json).toEqual({ runner_id: REGISTERED.runner_id, error: "the id is no name" });
    await coordinator.seen(POLL, 2);
    expect(feed.free).toBe(15);
  });

  it("leave other sources' runs alone", async () => {
    const source = testSource({ url: "http://ann:secret@127.0.0.1:1/base/" });
    const [own, other] = [runLike("a"), runLike("b", "http")];
    expect([source.admit(own), source.admit(other)]).toEqual([undefined, undefined]);
    expect([own.env, other.env]).toEqual([{ AGENT_ORCHESTRATOR_API_URL: "http://127.0.0.1:1/base" }, {}]);
    await source.client.close();
  });
});

describe("stop requests", () => {
  it("are carried out all at once, beside the next poll", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stop = async (target) => {
      feed.stops.push(target);
      return new Promise(() => {});
    };
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1", "ses_2"] } });
    await coordinator.seen(POLL, 2);
    expect(feed.stops).toEqual([{ session: "ses_1" }, { session: "ses_2" }]);
  });

  it("settle sessions that nothing works in here", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    const { runner_id } = REGISTERED;
    coordinator.always("GET /sessions/ses_1/status", { json: { status: "stopping" } });
    const others = { run_id: "run_9", session_id: "ses_1", runner_id: "lnch_other" };
    const ours = { run_id: "run_1", session_id: "ses_1", runner_id };
    coordinator.always("GET /runs", {
      json: { runs: [null, others, ours, { ...ours, run_id: "run_2", session_id: "ses_2" }] },
    });
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    expect((await coordinator.seen("POST /runner/sessions/ses_1/status")).json).toEqual({
      runner_id,
      status: "stopped",
    });
    expect(coordinator.requests.flatMap(({ route }) => (/stopped$/.test(route) ? [route] : []))).toEqual([
      "POST /runner/runs/run_1/stopped",
    ]);
  });

  it("settle the session although the runs cannot be listed", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    coordinator.always("GET /sessions/ses_1/status", { json: { status: "stopping" } });
    coordinator.always("GET /runs", { status: 500, text: "Internal Server Error" });
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    await coordinator.seen("POST /runner/sessions/ses_1/status");
  });

  it("leave sessions alone that have ended meanwhile", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    coordinator.always("GET /sessions/ses_1/status", { json: { status: "finished" } });
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    await coordinator.seen("GET /sessions/ses_1/status");
    await coordinator.answerPoll({ status: 204 });
    await coordinator.seen(POLL, 3);
    expect(coordinator.of("POST /runner/sessions/ses_1/status")).toEqual([]);
  });

  it("leave sessions to the reports that are owed of them", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    coordinator.always("POST /runner/runs/run_1/completed", { status: 503 });
    await coordinator.seen(POLL);
    const attempt = { number: 1, uncertain: false, signal: new AbortController().signal };
    await source.deliver(
      { run: "run_1", session: "ses_1" },
      { type: "completed", session_status: "finished" },
      attempt,
    );
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    await coordinator.seen(POLL, 2);
    await settle();
    expect(coordinator.of("GET /sessions/ses_1/status")).toEqual([]);
  });

  it("are heard while every slot is busy, once each", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url }, new HandMadeFeed(1));
    const { runner_id } = REGISTERED;
    const run = { run_id: "run_5b1d0c9e7a42", session_id: "ses_0f3a6e2b91cd", runner_id };
    coordinator.once("GET /runs", { status: 500 }, { text: "[]" });
    coordinator.always("GET /runs", { json: { runs: [{ ...run, run_id: "run_other" }, run] } });
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    const asked = await coordinator.seen("GET /runs", 5);
    expect(asked.query.get("status")).toBe("stopping");
    expect(feed.stops).toEqual([{ run: "run_5b1d0c9e7a42" }]);
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
    const attempt = { number: 1, uncertain: false, signal: new AbortController().signal };
    const report = { type: "stopped", signal: "SIGTERM" };
    expect(await source.deliver({ run: "r", session: "s" }, report, attempt)).toEqual({ retryAfterMs: 0 });
    expect(coordinator.of(REGISTER)).toHaveLength(1);
  });
});

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
    expect(lines.at(-1)).toMatchObject({ level: 40, msg: expect.stringContaining("could not deregister") });
  });
});

describe("heartbeats", () => {
  const BEAT = "POST /runner/heartbeat";

  it("come at the shorter of both intervals", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { json: { ...REGISTERED, heartbeat_interval_seconds: 7 } });
    const { source } = start({ url: coordinator.url, options: { heartbeatIntervalSeconds: 45 } });
    expect(source.heartbeat.everySeconds()).toBe(45);
    await coordinator.seen(POLL);
    expect(source.heartbeat.everySeconds()).toBe(7);
  });

  it("name the runner, once it is registered", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source } = start({ url: coordinator.url });
    await source.heartbeat.beat();
    await coordinator.seen(POLL);
    await source.heartbeat.beat();
    expect(coordinator.of(BEAT).map(({ json }) => json)).toEqual([{ runner_id: REGISTERED.runner_id }]);
  });

  it("register a forgotten runner anew", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(BEAT, NOT_REGISTERED);
    const { source } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    await source.heartbeat.beat();
    expect(coordinator.of(REGISTER)).toHaveLength(2);
  });

  it("register a runner anew that was silent for too long", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source } = start({ url: coordinator.url, timing: { staleMs: 0 } });
    await coordinator.seen(POLL);
    await source.heartbeat.beat();
    expect(coordinator.of(REGISTER)).toHaveLength(2);
  });

  it("reject when they are not heard", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(BEAT, { status: 500 });
    const { source } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    await expect(source.heartbeat.beat()).rejects.toThrow(/answered 500 to a heartbeat/);
  });
});

describe("a quiet logger", () => {
  it("never hears a password of the URL", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    coordinator.once(POLL, { status: 500 }, { json: {} });
    start({ url: coordinator.url.replace("//", "//ann:hunter2@"), log });
    await coordinator.seen(POLL, 3);
    expect(lines.length).toBeGreaterThan(2);
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|ann/);
    expect(quiet.level).toBe("silent");
  });
});
