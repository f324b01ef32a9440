import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it } from "vitest";
import { openEventStream } from "../../../../plugins/coordinator/src/submit/event-stream.ts";
import { followRun } from "../../../../plugins/coordinator/src/submit/follow-run.ts";
import { fetchResult, readResult } from "../../../../plugins/coordinator/src/submit/result.ts";
import { ScriptedCoordinator } from "../scripted-coordinator.ts";
import { clientOf, KeptProgress } from "./submission.ts";

const RUN = { runId: "run_1", sessionId: "ses_1" };

describe("followRun", () => {
  it("polls where nothing is streamed", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /sse/sessions", { status: 404, json: { detail: "Not Found" } });
    coordinator.once("GET /runs/run_1", { json: { status: "pending" } });
    coordinator.always("GET /runs/run_1", { json: { status: "failed", error: "no luck" } });
    const { end, progress } = await follow(coordinator);
    expect(await end).toEqual({ status: "failed", error: "no luck" });
    expect(progress.told).toEqual(["begin", "pending", "failed"]);
  });

  it("shows streamed events, and looks when the session changes", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const frame = (topic: string, data: object) => `id: 1\nevent: ${topic}\ndata: ${JSON.stringify(data)}\n\n`;
    coordinator.always("GET /sse/sessions", {
      headers: { "content-type": "text/event-stream; charset=utf-8" },
      text: [
        ": heartbeat\n\n",
        frame("event", { data: { event_type: "pre_tool" } }),
        "event: event\ndata: no json\n\n",
        frame("event", { data: { event_type: "result", result_text: "done" } }),
        frame("session_updated", { session: { status: "finished" } }),
      ].join(""),
    });
    coordinator.always("GET /runs/run_1", { json: { status: "completed" } });
    const { end, progress, stream } = await follow(coordinator);
    expect(await end).toEqual({ status: "completed", error: undefined });
    expect(progress.told).toEqual(expect.arrayContaining(["event pre_tool", "event result", "completed"]));
    expect(stream.resultText).toBe('{"event_type":"result","result_text":"done"}');
  });

  it("ends with a run that nobody took, although its session stays pending (AOF-H12)", async () => {
    await using coordinator = await startEmbeddedCoordinator({
      port: 0,
      noMatchTimeoutSeconds: 0.01,
      lifecycleIntervalSeconds: 0.01,
    });
    const run = { type: "start_session", parameters: { prompt: "hi" } };
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body: JSON.stringify(run) });
    const { run_id: runId, session_id: sessionId } = (await answer.json()) as { run_id: string; session_id: string };
    const { end } = await follow(coordinator, { runId, sessionId });
    expect(await end).toEqual({ status: "failed", error: "No matching runner available within timeout" });
    expect(await (await fetch(`${coordinator.url}/sessions/${sessionId}/status`)).json()).toEqual({
      status: "pending",
    });
  });

  it("goes on asking while the coordinator is gone or odd", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /runs/run_1", { drop: true });
    coordinator.once("GET /runs/run_1", { status: 500, text: "Internal Server Error" });
    coordinator.once("GET /runs/run_1", { json: [] });
    coordinator.always("GET /runs/run_1", { json: { status: "completed" } });
    const { end, progress } = await follow(coordinator);
    expect(await end).toMatchObject({ status: "completed" });
    expect(progress.told.filter((text) => text.endsWith("still asking"))).toHaveLength(3);
  });

  it("stops the run once and waits for its end", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /runs/run_1", { json: { status: "running" } });
    coordinator.always("POST /sessions/ses_1/stop", () => {
      coordinator.once("GET /runs/run_1", { json: { status: "stopping" } });
      coordinator.always("GET /runs/run_1", { json: { status: "stopped" } });
      return { json: { ok: true } };
    });
    const { end, progress, stop } = await follow(coordinator);
    await progress.heard(/running/);
    stop.abort();
    expect(await end).toMatchObject({ status: "stopped" });
    expect(coordinator.requests.filter(({ route }) => route === "POST /sessions/ses_1/stop")).toHaveLength(1);
  });

  it("tells that a stop was refused, and gives up when told to", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /runs/run_1", { json: { status: "running" } });
    coordinator.always("POST /sessions/ses_1/stop", { status: 500, json: { detail: "Failed to queue stop command" } });
    const { end, progress, stop, giveUp } = await follow(coordinator);
    stop.abort();
    await progress.heard(/could not be stopped: 500: Failed to queue stop command/);
    giveUp.abort();
    expect(await end).toBeUndefined();
  });
});

describe("fetchResult", () => {
  it("keeps the numbers of a finished session's result", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /sessions/ses_1/result", { text: '{"result_text": null, "result_data": {"n": 1.50}}' });
    expect(await fetchResult(clientOf(coordinator.url), "ses_1", "completed", { resultText: undefined })).toEqual({
      text: '{"n": 1.50}',
      data: { n: 1.5 },
    });
  });

  it("looks among the events where the session tells none", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const events = [
      { event_type: "result", result_data: { n: 1 } },
      { event_type: "result", result_data: { n: 2 } },
      {},
    ];
    coordinator.always("GET /sessions/ses_1/events", { json: { events } });
    expect(await fetchResult(clientOf(coordinator.url), "ses_1", "failed", { resultText: undefined })).toMatchObject({
      data: { n: 2 },
    });
  });

  it("takes what was streamed when nobody answers any more", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /sessions/ses_1/result", { drop: true });
    const stream = { resultText: '{"result_text":"streamed"}' };
    expect(await fetchResult(clientOf(coordinator.url), "ses_1", "completed", stream)).toEqual({ text: "streamed" });
  });

  it.each([
    ['{"result_text":"t","result_data":{"a":1}}', { text: "t" }],
    ['{"result_text":"","result_data":null}', { text: "" }],
    ['{"result_text":null,"result_data":null}', undefined],
    ["[]", undefined],
    ["no json", undefined],
  ])("reads %s", (json, result) => {
    expect(readResult(json)).toEqual(result);
  });
});

async function follow(coordinator: { readonly url: string }, run = RUN) {
  const client = clientOf(coordinator.url);
  const [stop, giveUp] = [new AbortController(), new AbortController()];
  const progress = new KeptProgress();
  const stream = await openEventStream(
    { url: coordinator.url, credentials: () => undefined },
    run.sessionId,
    giveUp.signal,
  );
  const end = followRun({ client, run, stream, progress, stop: stop.signal, giveUp: giveUp.signal });
  return { end, progress, stream, stop, giveUp };
}
