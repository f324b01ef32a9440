import { Refusal } from "leasehold";
import { describe, expect, it } from "vitest";
import { deliveredRun, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { start, testSource } from "./test-source.ts";

const POLL = "GET /runner/runs";

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
    coordinator.always("GET /runs/run_5b1d0c9e7a42", { json: { status: "claimed" } });
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
