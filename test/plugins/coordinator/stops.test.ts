import { describe, expect, it } from "vitest";
import { REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet, settle, start } from "./test-source.ts";

const POLL = "GET /runner/runs";

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
    await coordinator.seen(POLL);
    // The first look for lost runs is over: it must not find what comes now.
    await coordinator.seen("GET /runs", 3);
    coordinator.always("GET /sessions/ses_1/status", { json: { status: "stopping" } });
    const others = { run_id: "run_9", session_id: "ses_1", runner_id: "lnch_other" };
    const claimed_at = new Date().toISOString();
    const ours = { run_id: "run_1", session_id: "ses_1", runner_id, claimed_at };
    coordinator.always("GET /runs", {
      json: { runs: [null, others, ours, { ...ours, run_id: "run_2", session_id: "ses_2" }] },
    });
    coordinator.always("GET /runs/run_1", { json: { ...ours, status: "stopping" } });
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    expect((await coordinator.seen("POST /runner/sessions/ses_1/status")).json).toEqual({
      runner_id,
      status: "stopped",
    });
    expect(coordinator.requests.flatMap(({ route }) => (/stopped$/.test(route) ? [route] : []))).toEqual([
      "POST /runner/runs/run_1/stopped",
    ]);
  });

  it("leave alone what was leased before the registration was ours", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    coordinator.always("GET /sessions/ses_1/status", { json: { status: "stopping" } });
    const claimed_at = new Date(Date.now() - 60_000).toISOString();
    const twins = {
      run_id: "run_1",
      session_id: "ses_1",
      runner_id: REGISTERED.runner_id,
      status: "stopping",
      claimed_at,
    };
    coordinator.always("GET /runs", { json: { runs: [twins] } });
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1"] } });
    await coordinator.seen("GET /sessions/ses_1/status");
    await coordinator.answerPoll({ status: 204 });
    await coordinator.seen(POLL, 3);
    await settle();
    expect(coordinator.requests.flatMap(({ route }) => (/stopped$|^POST.*status$/.test(route) ? [route] : []))).toEqual(
      [],
    );
  });

  it("settle unknown sessions one by one, each once", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    let asked = 0;
    let underWay = 0;
    let most = 0;
    for (const session of ["ses_1", "ses_2", "ses_3"]) {
      const status = `GET /sessions/${session}/status`;
      coordinator.always(status, () => {
        asked++;
        most = Math.max(most, ++underWay);
        return { json: { status: "stopping" } };
      });
      coordinator.always(`POST /runner/sessions/${session}/status`, () => {
        underWay--;
        return { json: { ok: true } };
      });
    }
    await coordinator.answerPoll({ json: { stop_sessions: ["ses_1", "ses_2", "ses_1", "ses_3"] } });
    await coordinator.seen("POST /runner/sessions/ses_3/status");
    expect([asked, most]).toEqual([3, 1]);
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
    const attempt = { number: 1, uncertain: false, signal: new AbortController().signal, log: quiet };
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
});
