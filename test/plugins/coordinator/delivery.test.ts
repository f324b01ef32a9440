import type { DeliveryAttempt, JsonObject } from "leasehold";
import { afterEach, describe, expect, it } from "vitest";
import { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { Delivery } from "../../../plugins/coordinator/src/delivery.ts";
import { Registration } from "../../../plugins/coordinator/src/registration.ts";
import { NOT_REGISTERED, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quickTiming, quiet, recordingLog } from "./test-source.ts";

const ref = { run: "run_1", session: "ses_1" };
const completed = { type: "completed", session_status: "finished" };
const COMPLETED = "POST /runner/runs/run_1/completed";
const EVENTS = "POST /sessions/ses_1/events";
const result = {
  type: "result",
  body: '{"event_type":"result","session_id":"ses_1","timestamp":"t1","result_data":{"n":1.0}}',
};

/** Answers that end the attempts at a report. */
const GIVEN_UP = ["accepted", "gone"];

const clients: CoordinatorClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

async function deliveryTo(coordinator: ScriptedCoordinator): Promise<Delivery> {
  const log = quiet;
  const client = new CoordinatorClient({ url: coordinator.url, requestMs: 30_000, credentials: () => undefined, log });
  clients.push(client);
  const payload = () => ({ hostname: "build-07", project_dir: "/srv/jobs", executor_profile: "echo" });
  const registration = new Registration({ client, log, timing: quickTiming, payload });
  await registration.first(new AbortController().signal);
  // The registration itself, and nothing of what it looked at.
  coordinator.requests.splice(1);
  return new Delivery({ client, registration, runner: () => ({ hostname: "build-07", executorProfile: "echo" }) });
}

const attempt = (members: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
  number: 1,
  uncertain: false,
  signal: new AbortController().signal,
  log: quiet,
  ...members,
});

describe("a delivered report", () => {
  it("is the request of the protocol", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    const reports: JsonObject[] = [
      { type: "started" },
      { type: "bind" },
      result,
      completed,
      { type: "failed", error: "disk full" },
      { type: "stopped", signal: "SIGKILL" },
    ];
    for (const report of reports) expect(await delivery.deliver(ref, report, attempt())).toBe("accepted");
    const { runner_id } = REGISTERED;
    expect(coordinator.requests.slice(1).map(({ route, body }) => [route, body])).toEqual([
      ["POST /runner/runs/run_1/started", JSON.stringify({ runner_id })],
      [
        "POST /sessions/ses_1/bind",
        JSON.stringify({ executor_session_id: "proc_ses_1", hostname: "build-07", executor_profile: "echo" }),
      ],
      [EVENTS, result.body],
      [COMPLETED, JSON.stringify({ runner_id, status: "success", session_status: "finished" })],
      ["POST /runner/runs/run_1/failed", JSON.stringify({ runner_id, error: "disk full" })],
      ["POST /runner/runs/run_1/stopped", JSON.stringify({ runner_id, signal: "SIGKILL" })],
    ]);
  });

  it("is skipped when no request can be made of it", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    expect(await delivery.deliver(ref, { type: "applauded" }, attempt())).toBe("accepted");
    expect(coordinator.requests).toHaveLength(1);
  });

  it("cannot leave its path, whatever the names", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    await delivery.deliver({ run: "../../runners/x?a=1#b", session: "s" }, completed, attempt());
    expect(coordinator.requests[1]?.route).toBe("POST /runner/runs/..%2F..%2Frunners%2Fx%3Fa%3D1%23b/completed");
  });

  it("never carries lone surrogates", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    await delivery.deliver(ref, { type: "failed", error: "bad \ud800" }, attempt());
    expect(coordinator.requests[1]?.json["error"]).toBe("bad \ufffd");
  });
});

describe("an answer to a report", () => {
  it.each([
    ["is final without a run", { status: 404, json: { detail: "Run not found" } }, completed, "gone"],
    [
      "is no word about the run from an unknown path",
      { status: 404, json: { detail: "Not Found" } },
      completed,
      { retryAfterMs: 0 },
    ],
    ["skips the event without a session", { status: 404, json: { detail: "Session not found" } }, result, "accepted"],
    [
      "skips the binding without a session",
      { status: 404, json: { detail: "Session not found" } },
      { type: "bind" },
      "accepted",
    ],
    ["skips what is refused for good", { status: 422, json: { detail: [] } }, result, "accepted"],
    ["gives up a terminal report refused for good", { status: 422, json: { detail: [] } }, completed, "gone"],
    ["is in doubt after an internal error", { status: 500, text: "Internal Server Error" }, completed, "unknown"],
    ["is in doubt when it is a page of somebody in between", { text: "<h1>Welcome</h1>" }, completed, "unknown"],
    [
      "is repeated when told to wait",
      { status: 429, headers: { "retry-after": "3" } },
      completed,
      { retryAfterMs: 3_000 },
    ],
    ["is in doubt behind what answers 200 to anything", { text: "<html>" }, completed, "unknown"],
    ["is in doubt behind a broken gateway", { status: 502 }, completed, "unknown"],
    ["is in doubt when the connection is cut", { drop: true }, completed, "unknown"],
    [
      "waits for credentials",
      { status: 403, json: { detail: "Invalid or expired token" } },
      completed,
      { retryAfterMs: 0 },
    ],
  ])("%s", async (_, answer, report, expected) => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    for (const route of [COMPLETED, EVENTS, "POST /sessions/ses_1/bind"]) coordinator.always(route, answer);
    expect(await delivery.deliver(ref, report, attempt())).toEqual(expected);
  });

  it("is logged loudly when it refuses for good", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { log, lines } = recordingLog();
    const delivery = await deliveryTo(coordinator);
    coordinator.always(EVENTS, { status: 422, json: { detail: [{ loc: ["body", "content"], msg: "bad" }] } });
    await delivery.deliver(ref, result, attempt({ log }));
    expect(lines.at(-1)).toMatchObject({
      level: "error",
      report: "result",
      msg: expect.stringContaining("422: body.content: bad"),
    });
  });

  it("registers anew when the runner is forgotten, and repeats", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("POST /runner/register", { json: { ...REGISTERED, runner_id: "lnch_new" } });
    coordinator.once(COMPLETED, NOT_REGISTERED);
    expect(await delivery.deliver(ref, completed, attempt())).toBe("accepted");
    expect(coordinator.of(COMPLETED).map(({ json }) => json["runner_id"])).toEqual([REGISTERED.runner_id, "lnch_new"]);
  });

  it("cannot come from a coordinator that is down", async () => {
    const coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    await coordinator[Symbol.asyncDispose]();
    // The first one may leave on the connection that the registration left open.
    await delivery.deliver(ref, completed, attempt());
    expect(await delivery.deliver(ref, completed, attempt())).toEqual({ retryAfterMs: 0 });
  });

  it("is given up on when one report crashes the coordinator again and again", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    for (const route of [EVENTS, COMPLETED]) coordinator.always(route, { status: 500 });
    const answers = [];
    for (let number = 1; number <= 12; number++) answers.push(await delivery.deliver(ref, result, attempt({ number })));
    expect(answers.map((answer) => answer === "accepted")).toEqual([...Array(11).fill(false), true]);
    for (let number = 1; number <= 30; number++)
      expect(await delivery.deliver(ref, completed, attempt({ number }))).toBe("unknown");
  });

  it("costs no result while the coordinator's database is locked (AOF-H11)", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    const METADATA = "PATCH /sessions/ses_1/metadata";
    for (const route of [EVENTS, METADATA]) coordinator.always(route, { status: 500, text: "Internal Server Error" });
    for (let number = 1; number <= 30; number++)
      expect(GIVEN_UP).not.toContain(await delivery.deliver(ref, result, attempt({ number })));
    coordinator.always(METADATA, { drop: true });
    expect(GIVEN_UP).not.toContain(await delivery.deliver(ref, result, attempt({ number: 31 })));
    coordinator.always(EVENTS, { status: 201, json: { ok: true } });
    expect(await delivery.deliver(ref, result, attempt({ number: 32 }))).toBe("accepted");
    expect(coordinator.of(EVENTS).at(-1)?.body).toBe(result.body);
  });

  it("counts against one report, not against all of a run", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    for (let turn = 1; turn <= 4; turn++) {
      coordinator.once(EVENTS, ...Array(6).fill({ status: 500 }));
      for (let number = 1; number <= 6; number++)
        expect(GIVEN_UP).not.toContain(await delivery.deliver(ref, result, attempt({ number })));
      expect(await delivery.deliver(ref, result, attempt({ number: 7 }))).toBe("accepted");
    }
    expect(coordinator.of(EVENTS)).toHaveLength(4 * 7);
  });
});

describe("an uncertain report", () => {
  const uncertain = attempt({ number: 2, uncertain: true });

  it("is not repeated when the run already has its status", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /runs/run_1", { json: { run_id: "run_1", status: "completed" } });
    expect(await delivery.deliver(ref, completed, uncertain)).toBe("accepted");
    expect(await delivery.deliver(ref, { type: "started" }, uncertain)).toBe("accepted");
    expect(coordinator.requests.filter(({ route }) => route.startsWith("POST /runner/runs/"))).toEqual([]);
  });

  it.each([
    [null, 1],
    ["2026-01-02T03:04:05.000000+00:00", 0],
  ])("tells of a start unless the run to be stopped has started (%s)", async (started_at, times) => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /runs/run_1", { json: { run_id: "run_1", status: "stopping", started_at } });
    expect(await delivery.deliver(ref, { type: "started" }, uncertain)).toBe("accepted");
    expect(coordinator.of("POST /runner/runs/run_1/started")).toHaveLength(times);
  });

  it("is no failure where the run has ended otherwise", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /runs/run_1", { json: { run_id: "run_1", status: "completed" } });
    expect(await delivery.deliver(ref, { type: "failed", error: "runner restarted" }, uncertain)).toBe("accepted");
    expect(coordinator.of("POST /runner/runs/run_1/failed")).toEqual([]);
  });

  it("is repeated when the run has another status", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /runs/run_1", { json: { run_id: "run_1", status: "claimed" } });
    expect(await delivery.deliver(ref, { type: "started" }, uncertain)).toBe("accepted");
    expect(await delivery.deliver(ref, completed, uncertain)).toBe("accepted");
    expect(coordinator.of(COMPLETED)).toHaveLength(1);
  });

  it.each([
    ["run", completed, "GET /runs/run_1"],
    ["session", result, "GET /sessions/ses_1/events"],
  ])("waits while somebody in between answers for the %s", async (_, report, route) => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always(route, { text: "<h1>Welcome</h1>" });
    expect(await delivery.deliver(ref, report, uncertain)).toEqual({ retryAfterMs: 0 });
    expect([...coordinator.of(COMPLETED), ...coordinator.of(EVENTS)]).toEqual([]);
  });

  it("is not repeated when the session has the event", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    const others = [null, { event_type: "result", timestamp: "t0" }, { event_type: "log", timestamp: "t1" }];
    coordinator.always("GET /sessions/ses_1/events", { json: { events: others } });
    await delivery.deliver(ref, result, uncertain);
    expect(coordinator.of(EVENTS)).toHaveLength(1);
    coordinator.always("GET /sessions/ses_1/events", {
      json: { events: [...others, { event_type: "result", timestamp: "t1" }] },
    });
    expect(await delivery.deliver(ref, result, uncertain)).toBe("accepted");
    expect(coordinator.of(EVENTS)).toHaveLength(1);
  });

  it("knows a result by its content when it was stamped anew", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    const listed = { event_type: "result", timestamp: "t0", result_text: null, result_data: { n: 1 } };
    coordinator.always("GET /sessions/ses_1/events", { json: { events: [listed] } });
    expect(await delivery.deliver(ref, result, uncertain)).toBe("accepted");
    expect(coordinator.of(EVENTS)).toEqual([]);
  });

  it.each([
    ["not repeated when its session is bound", "proc_ses_1", 0],
    ["repeated when its session is not bound", null, 1],
  ])("is, as a binding, %s", async (_, executor_session_id, times) => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /sessions/ses_1", { json: { session: { session_id: "ses_1", executor_session_id } } });
    expect(await delivery.deliver(ref, { type: "bind" }, uncertain)).toBe("accepted");
    expect(coordinator.of("POST /sessions/ses_1/bind")).toHaveLength(times);
  });

  it("waits until the check has an answer", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.once("GET /runs/run_1", { status: 500 }, { status: 404, json: { detail: "Run not found" } });
    expect(await delivery.deliver(ref, completed, uncertain)).toEqual({ retryAfterMs: 0 });
    expect(await delivery.deliver(ref, completed, uncertain)).toBe("gone");
    expect(coordinator.of(COMPLETED)).toEqual([]);
  });

  it("is repeated when the session's events are too many to be read", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /sessions/ses_1/events", { text: " ".repeat(64 * 1024 * 1024 + 1) });
    expect(await delivery.deliver(ref, result, uncertain)).toBe("accepted");
    expect(coordinator.of(EVENTS)).toHaveLength(1);
  });

  it("is repeated when the session's events cannot be listed for long", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const delivery = await deliveryTo(coordinator);
    coordinator.always("GET /sessions/ses_1/events", { status: 500 });
    for (let number = 1; number < 12; number++)
      expect(await delivery.deliver(ref, result, uncertain)).toEqual({ retryAfterMs: 0 });
    expect(coordinator.of(EVENTS)).toEqual([]);
    expect(await delivery.deliver(ref, result, uncertain)).toBe("accepted");
    expect(coordinator.of(EVENTS)).toHaveLength(1);
  });
});
