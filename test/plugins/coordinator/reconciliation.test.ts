import { describe, expect, it } from "vitest";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { deliveredRun, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { recordingLog, settle, start } from "./test-source.ts";

const POLL = "GET /runner/runs";
const { runner_id } = REGISTERED;

/** A coordinator that lists these runs, each under its status and by itself; what is reported of one is entered. */
function holding(coordinator: ScriptedCoordinator, ...runs: Record<string, unknown>[]): void {
  coordinator.always("GET /runs", ({ query }) => ({
    json: { runs: runs.filter(({ status }) => status === query.get("status")) },
  }));
  for (const run of runs) {
    coordinator.always(`GET /runs/${run["run_id"]}`, () => ({ json: run }));
    for (const report of ["failed", "stopped"])
      coordinator.always(`POST /runner/runs/${run["run_id"]}/${report}`, () => {
        run["status"] = report;
        return { json: { ok: true } };
      });
  }
}

const held = (run_id: string, status: string, members: Record<string, unknown> = {}) => ({
  run_id,
  session_id: `ses_of_${run_id}`,
  runner_id,
  status,
  claimed_at: new Date().toISOString(),
  ...members,
});

const reports = (coordinator: ScriptedCoordinator) =>
  coordinator.requests.flatMap(({ route }) => /^POST \/runner\/runs\/(.*)$/.exec(route)?.[1] ?? []).sort();

describe("after a poll whose answer was lost", () => {
  it("settles what the coordinator holds for us and we do not know", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url });
    await coordinator.seen(POLL);
    holding(coordinator, held("run_1", "claimed"), held("run_2", "running"), held("run_3", "stopping"));
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_3/stopped");
    await coordinator.seen("POST /runner/runs/run_2/failed");
    const { json } = await coordinator.seen("POST /runner/runs/run_1/failed");
    expect(json).toEqual({ runner_id, error: expect.stringContaining("never received this run") });
    expect(reports(coordinator)).toEqual(["run_1/failed", "run_2/failed", "run_3/stopped"]);
  });

  it("leaves alone what is known here, and what is another's", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const feed = new HandMadeFeed();
    feed.runs.add("run_known");
    feed.past.add("run_past");
    start({ url: coordinator.url }, feed);
    await coordinator.seen(POLL);
    const others = held("run_others", "claimed", { runner_id: "lnch_other" });
    holding(
      coordinator,
      held("run_known", "running"),
      held("run_past", "running"),
      others,
      held("run_lost", "claimed"),
    );
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_lost/failed");
    await settle();
    expect(reports(coordinator)).toEqual(["run_lost/failed"]);
  });

  it("reports each run once, though the report of another fails", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url });
    await coordinator.seen(POLL);
    const slow = held("run_slow", "claimed");
    holding(coordinator, slow, held("run_broken", "claimed"));
    // Looked at while the report of the other breaks: a second look meanwhile would find it still claimed.
    coordinator.once("GET /runs/run_slow", { hang: true });
    coordinator.once("POST /runner/runs/run_broken/failed", { drop: true });
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_broken/failed");
    for (let exchange = 0; exchange < 20; exchange++) await settle();
    expect(coordinator.of("GET /runs/run_slow")).toHaveLength(1);
  });

  it("shares a run with a stop that finds it at the same time", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url });
    feed.stopAnswer = "unknown";
    await coordinator.seen(POLL);
    const lost = held("run_lost", "stopping");
    holding(coordinator, lost);
    coordinator.always(`GET /sessions/${lost.session_id}/status`, { json: { status: "stopping" } });
    await coordinator.answerPoll({ drop: true });
    await coordinator.answerPoll({ json: { stop_sessions: [lost.session_id] } });
    await coordinator.seen("POST /runner/runs/run_lost/stopped");
    for (let exchange = 0; exchange < 20; exchange++) await settle();
    expect(reports(coordinator)).toEqual(["run_lost/stopped"]);
  });

  it("leaves alone what has ended since it was listed", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url });
    await coordinator.seen(POLL);
    holding(coordinator, held("run_ended", "running"), held("run_lost", "claimed"));
    coordinator.always("GET /runs/run_ended", { json: held("run_ended", "completed") });
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_lost/failed");
    await settle();
    expect(reports(coordinator)).toEqual(["run_lost/failed"]);
  });

  it("waits for a poll that may still bring the run", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed, source } = start({ url: coordinator.url, timing: { staleMs: 0 } });
    await coordinator.until(() => coordinator.openPolls === 1);
    holding(coordinator, held("run_5b1d0c9e7a42", "claimed"));
    const lists = coordinator.of("GET /runs").length;
    await source.heartbeat.beat();
    await coordinator.until(() => coordinator.of("GET /runs").length >= lists + 3);
    await settle();
    await coordinator.answerPoll({ json: { run: deliveredRun() } });
    await feed.until(() => feed.offers.length === 1);
    for (let exchange = 0; exchange < 20; exchange++) await source.client.send("GET", "/health");
    expect(reports(coordinator)).toEqual([]);
  });

  it("leaves alone what was claimed before the registration was ours, and says so", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    start({ url: coordinator.url, log });
    await coordinator.seen(POLL);
    const claimed_at = new Date(Date.now() - 60_000).toISOString();
    const twins = ["claimed", "running", "stopping"].map((status) => held(`run_${status}`, status, { claimed_at }));
    holding(coordinator, ...twins, held("run_lost", "claimed"));
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_lost/failed");
    await settle();
    expect(reports(coordinator)).toEqual(["run_lost/failed"]);
    const told = lines.filter(({ msg }) => msg.includes("left alone")).map(({ run_id }) => run_id);
    expect(told.sort()).toEqual(["run_claimed", "run_running", "run_stopping"]);
  });

  it("leaves alone what a twin has leased whose place it became while the runs were listed", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    // The poller's own look at the registration must not be the one that finds the twin.
    start({ url: coordinator.url, log, timing: { backoffBaseMs: 60_000, backoffCapMs: 60_000 } });
    await coordinator.seen(POLL);
    const leased = held("run_of_twin", "claimed");
    const executor = { leasehold_instance: "twin" };
    holding(coordinator, leased);
    coordinator.always("GET /runs", ({ query }) => {
      coordinator.always("GET /runners", () => ({ json: { runners: [coordinator.listed({ executor })] } }));
      leased.claimed_at = new Date(Date.now() + 5).toISOString();
      return { json: { runs: query.get("status") === "claimed" ? [leased] : [] } };
    });
    await coordinator.answerPoll({ drop: true });
    await expect.poll(() => lines.some(({ msg }) => msg.includes("left alone"))).toBe(true);
    expect(reports(coordinator)).toEqual([]);
  });

  it("settles what was claimed long ago and never started", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url });
    await coordinator.seen(POLL);
    const claimed_at = new Date(Date.now() - 601_000).toISOString();
    holding(
      coordinator,
      held("run_claimed", "claimed", { claimed_at }),
      held("run_running", "running", { claimed_at }),
    );
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_claimed/failed");
    await settle();
    expect(reports(coordinator)).toEqual(["run_claimed/failed"]);
  });

  it.each([
    ["the runs cannot be listed", "GET /runs"],
    ["the runners cannot be listed", "GET /runners"],
    ["the run cannot be settled", "POST /runner/runs/run_lost/failed"],
  ])("tries again while %s", async (_, route) => {
    await using coordinator = await ScriptedCoordinator.start();
    start({ url: coordinator.url });
    await coordinator.seen(POLL);
    holding(coordinator, held("run_lost", "claimed"));
    const bad = { status: 500, text: "Internal Server Error" };
    coordinator.once(route, bad, bad, bad, bad, bad);
    const refusals = coordinator.of("POST /runner/runs/run_lost/failed").length;
    await coordinator.answerPoll({ drop: true });
    await coordinator.seen("POST /runner/runs/run_lost/failed", refusals + (route.startsWith("POST") ? 6 : 1));
  });
});

describe("a successor", () => {
  it("settles what its predecessor's last poll claimed", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const journal = new HandMadeFeed();
    const executor = { leasehold_instance: "noted" };
    const listed = () => ({ json: { runners: [coordinator.listed({ executor })] } });
    coordinator.always("GET /runners", listed);
    const since = Date.now() - 60_000;
    const registered = { runnerId: runner_id, pollPath: "/runner/runs" };
    journal.notes.set("registration", { url: coordinator.url, instance: "noted", registered, since });
    const at = (ms: number) => ({ claimed_at: new Date(ms).toISOString() });
    holding(
      coordinator,
      held("run_lost", "claimed", at(since + 5_000)),
      held("run_before", "claimed", at(since - 5_000)),
    );
    const duplicate = { error: "duplicate_runner", message: "online", runner_id };
    coordinator.once("POST /runner/register", { status: 409, json: { detail: duplicate } });
    start({ url: coordinator.url }, journal);
    await coordinator.seen("POST /runner/runs/run_lost/failed");
    await settle();
    expect(reports(coordinator)).toEqual(["run_lost/failed"]);
  });
});
