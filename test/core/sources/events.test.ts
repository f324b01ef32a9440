import { type Run, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased, plugin } from "../../fixtures/runner.ts";

/** Type and data of the events that were delivered, in order. */
function events(source: QueueSource) {
  return source.attempts
    .filter(({ report }) => report["type"] === "event")
    .map(
      ({ report }) => report["event"] as { type: string; data?: { n?: number; dropped?: number }; timestamp: string },
    );
}

describe("run.emit", () => {
  it("survives a million events at once, dropping and saying how many", async () => {
    const source = new QueueSource();
    await lease(
      [source],
      [
        executor((run) => {
          for (let n = 0; n < 1_000_000; n++) run.emit({ type: "tick", data: { n } });
          return succeeded();
        }),
      ],
    );
    await source.offer(leased());
    await source.releases(1);
    const told = events(source);
    const [marker] = told.slice(-1);
    const kept = told.slice(0, -1);
    expect(kept.map(({ data }) => data?.n)).toEqual(kept.map((_, n) => n));
    expect(marker).toMatchObject({ type: "events_dropped", data: { dropped: 1_000_000 - kept.length } });
    expect(source.reported("run-1").at(-1)).toBe("settled");
  });

  it("puts the marker where events were dropped", async () => {
    const source = new QueueSource();
    const delivered = Promise.withResolvers<void>();
    source.answer = ({ report }) => {
      if (report["type"] === "event") delivered.resolve();
      return "accepted";
    };
    await lease(
      [source],
      [
        executor(async (run) => {
          for (let n = 0; n < 1_500; n++) run.emit({ type: "tick", data: { n } });
          await delivered.promise;
          run.emit({ type: "after" });
          return succeeded();
        }),
      ],
    );
    await source.offer(leased());
    await source.releases(1);
    expect(
      events(source)
        .map(({ type }) => type)
        .filter((type) => type !== "tick"),
    ).toEqual(["events_dropped", "after"]);
  });

  it("stamps events, unless they have a time", async () => {
    const source = new QueueSource();
    await lease(
      [source],
      [
        executor((run) => {
          run.emit({ type: "now" });
          run.emit({ type: "then", timestamp: "2020-01-01T00:00:00Z" });
          return succeeded();
        }),
      ],
    );
    await source.offer(leased());
    await source.releases(1);
    expect(events(source).map(({ timestamp }) => timestamp)).toEqual([
      expect.stringMatching(/^20\d\d-.*Z$/),
      "2020-01-01T00:00:00Z",
    ]);
  });

  it("passes events of onResult on, and none after the settlement", async () => {
    const source = new QueueSource();
    let kept: Run | undefined;
    await lease(
      [source],
      [
        executor(() => succeeded()),
        plugin("teller", ({ hooks }) =>
          hooks.onResult.tap((_outcome, run) => {
            kept = run;
            run.emit({ type: "shaping" });
          }),
        ),
      ],
    );
    await (await source.offer(leased())).outcome;
    kept?.emit({ type: "too late" });
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["started", "event", "settled"]);
  });
});
