import { type DeliveryAnswer, type JsonObject, succeeded } from "leasehold";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { MemoryJournal } from "../../../core/src/journal/memory-journal.ts";
import { Delivery } from "../../../core/src/sources/delivery.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { type Attempted, QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

const chatty = executor((run) => {
  for (const text of ["one", "two"]) run.emit({ type: "message", data: { text } });
  return succeeded(1);
});

/** Answers the first attempts at a report in turn, then accepts. */
function answers(type: string, ...first: unknown[]) {
  return ({ report, attempt }: Attempted) =>
    (report["type"] === type ? (first[attempt.number - 1] ?? "accepted") : "accepted") as DeliveryAnswer;
}

describe("delivery", () => {
  it("sends started, events and outcome in order, each once", async () => {
    const source = new QueueSource();
    await lease([source], [chatty]);
    await (await source.offer(leased())).outcome;
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["started", "event", "event", "settled"]);
    expect(source.attempts.map(({ attempt }) => [attempt.number, attempt.uncertain])).toEqual(
      Array(4).fill([1, false]),
    );
    expect(source.released).toEqual([{ lease: "run-1" }]);
  });

  it.each<[what: string, answer: unknown, uncertain: boolean]>([
    ["unknown", "unknown", true],
    ["a wait", { retryAfterMs: 1 }, false],
    ["a misspelt answer", "acepted", true],
    ["nothing", null, true],
    ["a wait that is none", { retryAfterMs: Number.NaN }, true],
  ])("tries again after %s and keeps the order", async (_what, answer, uncertain) => {
    const source = new QueueSource();
    source.answer = ({ report, attempt }) =>
      (report["type"] === "started" && attempt.number === 1 ? answer : "accepted") as DeliveryAnswer;
    await lease([source], [chatty]);
    await source.offer(leased());
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["started", "started", "event", "event", "settled"]);
    expect(source.attempts[1]?.attempt).toMatchObject({ number: 2, uncertain });
  });

  it("takes a throw for unknown and logs it", async () => {
    const source = new QueueSource();
    source.answer = ({ report, attempt }) => {
      if (report["type"] === "settled" && attempt.number === 1) throw new Error("connection reset");
      return "accepted";
    };
    const { log } = await lease([source], [executor(() => succeeded())]);
    await source.offer(leased());
    await source.releases(1);
    expect(source.attempts.at(-1)?.attempt).toMatchObject({ number: 2, uncertain: true });
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 40,
        run_id: "run-1",
        session_id: "session-of-run-1",
        agent: "echo",
        msg: "delivery failed: connection reset",
      }),
    );
  });

  it("waits at least as long as it is asked to", async () => {
    const source = new QueueSource();
    const at: number[] = [];
    source.answer = ({ report, attempt }) => {
      at.push(performance.now());
      return answers("started", { retryAfterMs: 400 })({ report, attempt, ref: null });
    };
    await lease([source], [executor(() => succeeded())]);
    await source.offer(leased());
    await source.releases(1);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(395);
  });

  it("drops the rest of a run that nobody wants any more", async () => {
    const source = new QueueSource();
    source.answer = answers("started", "gone");
    await lease([source], [chatty]);
    await source.offer(leased());
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["started"]);
  });

  it("does not let one run wait for another", async () => {
    const source = new QueueSource({ slots: 2 });
    const hold = Promise.withResolvers<"accepted">();
    source.answer = ({ ref }) => ((ref as { lease: string }).lease === "stuck" ? hold.promise : "accepted");
    await lease([source], [executor(() => succeeded())]);
    await source.offer(leased("stuck"));
    await source.offer(leased("free"));
    await source.releases(1);
    expect(source.released).toEqual([{ lease: "free" }]);
    hold.resolve("accepted");
    await source.releases(2);
  });

  it("keeps what cannot be accepted before the next start, without waiting for it", async () => {
    const source = new QueueSource();
    source.answer = () => "keep";
    const { ended, drain } = await lease([source], [chatty]);
    await (await source.offer(leased())).outcome;
    const feed = await source.feed;
    expect(await feed.flush(new AbortController().signal)).toBe(1);
    expect(source.reported("run-1").every((type) => type === "started")).toBe(true);
    drain.abort();
    await ended;
    expect(source.released).toEqual([]);
  });

  it("tries again what was to be kept when more is owed", async () => {
    const source = new QueueSource();
    const end = Promise.withResolvers<void>();
    source.answer = () => "keep";
    const waiting = executor(async (run) => {
      run.emit({ type: "message", data: {} });
      await end.promise;
      return succeeded();
    });
    await lease([source], [waiting]);
    const { outcome } = await source.offer(leased());
    const feed = await source.feed;
    expect(await feed.flush(new AbortController().signal)).toBe(1);
    source.answer = () => "accepted";
    end.resolve();
    await outcome;
    await source.releases(1);
    expect(source.reported("run-1").slice(-3)).toEqual(["started", "event", "settled"]);
    expect(await feed.flush(new AbortController().signal)).toBe(0);
  });

  it("gives up an attempt that hangs, and checks before it repeats", async () => {
    const source = new QueueSource();
    const hub = new TelemetryHub(pino({ level: "silent" }));
    const delivery = new Delivery(source, new MemoryJournal(), hub, 5);
    source.answer = ({ attempt }) => (attempt.number === 1 ? new Promise<"accepted">(() => {}) : "accepted");
    const record = { source: "queue", run: "run-1", session: "s", ref: { lease: "run-1" } };
    const log = pino({ level: "silent" });
    void delivery.courier(record, { log }).owe([{ type: "settled" }], { status: "failed", session: "finished" });
    delivery.begin();
    await source.releases(1);
    expect(source.attempts.map(({ attempt }) => attempt)).toMatchObject([{ uncertain: false }, { uncertain: true }]);
  });

  it("frees the slot before the reports are delivered", async () => {
    const source = new QueueSource();
    const hold = Promise.withResolvers<"accepted">();
    source.answer = () => hold.promise;
    await lease([source], [executor(() => succeeded())]);
    expect((await (await source.offer(leased("one"))).outcome).status).toBe("succeeded");
    expect((await (await source.offer(leased("two"))).outcome).status).toBe("succeeded");
    hold.resolve("accepted");
  });
});

describe("reports", () => {
  class Reporting extends QueueSource {
    readonly make: (moment: { type: string; outcome?: { status: string } }) => unknown;

    constructor(make: Reporting["make"]) {
      super();
      this.make = make;
    }

    reports(moment: { type: string; outcome?: { status: string } }): readonly JsonObject[] {
      return this.make(moment) as readonly JsonObject[];
    }
  }

  it("are what the source makes of a moment, none or several", async () => {
    const source = new Reporting(({ type }) => (type === "settled" ? [{ type: "result" }, { type: "done" }] : []));
    await lease([source], [chatty]);
    await source.offer(leased());
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["result", "done"]);
  });

  it("of an outcome that the source cannot report become those of a failure", async () => {
    const source = new Reporting(({ type, outcome }) => {
      if (outcome?.status === "succeeded") throw new SyntaxError("not JSON");
      return [{ type, status: outcome?.status ?? null }];
    });
    await lease([source], [executor(() => succeeded({ format: "json", text: "{" }))]);
    const { outcome } = await source.offer(leased());
    expect(await outcome).toMatchObject({
      status: "failed",
      error: {
        code: "REPORT_FAILED",
        message: 'lease source "queue" could not put the outcome (succeeded) into a report: not JSON',
      },
    });
    await source.releases(1);
    expect(source.attempts.at(-1)?.report).toEqual({ type: "settled", status: "failed" });
    expect(await (await source.offer(leased())).outcome).toBe(await outcome);
  });

  it.each<[what: string, make: () => unknown]>([
    [
      "always throws",
      () => {
        throw new Error("no reports today");
      },
    ],
    ["answers no array", () => ({ type: "settled" })],
  ])("let the lease go when the source %s", async (_what, make) => {
    const source = new Reporting(make);
    const { log, drain, ended } = await lease([source], [chatty]);
    expect((await (await source.offer(leased())).outcome).error?.code).toBe("REPORT_FAILED");
    await source.releases(1);
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 50,
        msg: expect.stringContaining("settled report of the run could not be kept"),
      }),
    );
    drain.abort();
    await ended;
    expect(source.attempts).toEqual([]);
  });
});
