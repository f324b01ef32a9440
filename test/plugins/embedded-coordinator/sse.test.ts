import { expect, test } from "vitest";
import { type Client, claimedRun, ECHO_ID, ECHO_RUN, ECHO_RUNNER, started } from "./client.ts";

type Frame = { id: string; event: string; data: Record<string, unknown> };

/** Opens the stream and answers a function that awaits the next frame. */
async function listen(client: Client & { url: string }, query = "", headers: Record<string, string> = {}) {
  const response = await fetch(`${client.url}/sse/sessions${query}`, { headers });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const chunks = frames(response.body ?? new ReadableStream());
  return async (): Promise<Frame> => {
    const { value } = await chunks.next();
    if (!value) throw new Error("The stream has ended");
    return value;
  };
}

async function* frames(stream: ReadableStream<Uint8Array>): AsyncGenerator<Frame, undefined> {
  let text = "";
  for await (const chunk of stream) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      text = text.slice(end + 2);
      yield { id: fields["id"] ?? "", event: fields["event"] ?? "", data: JSON.parse(fields["data"] ?? "null") };
    }
  }
}

test("tells of a session from its creation to its end", async () => {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const next = await listen(coordinator);
  expect(await next()).toMatchObject({ id: expect.stringMatching(/^\d+-ini-\d{3}$/), event: "init" });
  const { session_id, run_id } = await claimedRun(coordinator);
  expect(await next()).toMatchObject({
    id: expect.stringMatching(/^\d+-scr-\d{3}$/),
    event: "session_created",
    data: { session: { session_id, status: "pending" } },
  });
  await coordinator.post(`/runner/runs/${run_id}/started`, { runner_id: ECHO_ID });
  expect(await next()).toMatchObject({ event: "event", data: { data: { event_type: "run_start", session_id } } });
  const event = `{"event_type":"result","session_id":"${session_id}","timestamp":"t","result_data":{\n"a":1.0}}`;
  await coordinator.postText(`/sessions/${session_id}/events`, event);
  expect(await next()).toMatchObject({ event: "event", data: { data: { result_data: { a: 1 } } } });
  await coordinator.post(`/runner/runs/${run_id}/completed`, { runner_id: ECHO_ID });
  expect(await next()).toMatchObject({ event: "session_updated", data: { session: { status: "finished" } } });
  expect(await next()).toMatchObject({ event: "event", data: { data: { event_type: "run_completed", exit_code: 0 } } });
  await coordinator.remove(`/sessions/${session_id}`);
  expect(await next()).toMatchObject({ event: "session_deleted", data: { session_id, runs_deleted: 1 } });
});

test("tells of one session only when asked to", async () => {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const next = await listen(coordinator, "?session_id=mine");
  expect(await next()).toMatchObject({ event: "init", data: { sessions: [] } });
  await coordinator.post("/runs", ECHO_RUN);
  await coordinator.post("/runs", { ...ECHO_RUN, session_id: "mine" });
  expect(await next()).toMatchObject({ event: "session_created", data: { session: { session_id: "mine" } } });
});

test.each([
  ["?include_init=false", {}],
  ["", { "last-event-id": "1-ini-001" }],
])("leaves the first message out with %s %j", async (query, headers) => {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const next = await listen(coordinator, query, headers);
  await coordinator.post("/runs", ECHO_RUN);
  expect((await next()).event).toBe("session_created");
});

test("tells of runs that fail because their runner went", async () => {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  const { run_id, session_id } = await claimedRun(coordinator);
  const next = await listen(coordinator, "?include_init=false");
  await coordinator.remove(`/runners/${ECHO_ID}?self=true`);
  expect(await next()).toMatchObject({ event: "session_updated", data: { session: { status: "failed" } } });
  const error = "Runner disconnected during execution";
  expect(await next()).toMatchObject({ event: "run_failed", data: { run_id, session_id, error } });
});
