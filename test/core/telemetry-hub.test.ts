import { succeeded, type TelemetryEvent } from "leasehold";
import { describe, expect, it } from "vitest";
import { CountingResources, thing } from "../fixtures/counting-resources.ts";
import { executor } from "../fixtures/kinds.ts";
import { lease } from "../fixtures/leasing.ts";
import { QueueSource } from "../fixtures/queue-source.ts";
import { boot, leased } from "../fixtures/runner.ts";

describe("telemetry", () => {
  it.each<[how: string, listener: () => void]>([
    [
      "throws",
      () => {
        throw new Error("no metrics");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("no metrics");
      },
    ],
  ])("drops a listener that %s, with one warning, and harms no run", async (_how, listener) => {
    const { runner, log, events } = await boot([executor(() => succeeded())]);
    runner.telemetry.subscribe(listener);
    expect((await runner.execute(leased("one"))).status).toBe("succeeded");
    expect((await runner.execute(leased("two"))).status).toBe("succeeded");
    expect(log.filter(({ msg }) => msg.includes("no metrics"))).toMatchObject([
      { level: 40, msg: "a telemetry listener failed and was dropped: no metrics" },
    ]);
    expect(events.filter(({ type }) => type === "outcome")).toHaveLength(2);
  });

  it("tells a run's stations in order", async () => {
    const { runner, events } = await boot([executor(() => succeeded())]);
    const outcome = await runner.execute(leased());
    const told = events.map((event) => (event.type === "phase" ? event.phase : event.type));
    expect(told.filter((what) => what !== "tap" && what !== "slot")).toEqual([
      "lease",
      "onLease",
      "resolveEntrypoint",
      "execute",
      "onResult",
      "settled",
      "outcome",
    ]);
    const { executing, executed, settled } = outcome.timings ?? {};
    expect([executing, executed, settled].every((ms) => Number.isInteger(ms))).toBe(true);
  });

  it("tells of everything else that a runner does, from its start to its end", async () => {
    const things = new CountingResources();
    const source = new QueueSource();
    const owning = executor(async (run) => {
      await run.own(thing("forgotten"));
      return succeeded();
    });
    const { drain, ended, runner, events } = await lease([source], [things.plugin, owning]);
    await (await source.offer(leased())).outcome;
    await source.releases(1);
    drain.abort();
    await ended;
    await runner.close();
    const told = (type: TelemetryEvent["type"]) => events.filter((event) => event.type === type);
    expect(told("resource")).toMatchObject([{ act: "owned" }, { act: "ended", receipt: { survivors: 0 } }]);
    expect(told("delivery")).toMatchObject([
      { report: "started", answer: "accepted" },
      { report: "settled", answer: "accepted" },
    ]);
    expect(told("slot")).toMatchObject([{ busy: 1 }, { busy: 0 }]);
    expect(told("tap")).toContainEqual(expect.objectContaining({ plugin: "executor", hook: "execute:fixture" }));
    const phases = ["recovering", "leasing", "draining", "delivering", "closing", "idle", "closing", "ended"];
    expect(told("runner")).toMatchObject(phases.map((phase) => ({ phase })));
    expect(told("loop")).toHaveLength(1);
    expect(told("plugin")).toContainEqual(expect.objectContaining({ plugin: "things", act: "teardown" }));
  });

  it("ends for one subscriber and not for another of the same function", async () => {
    const { runner } = await boot([executor(() => succeeded())]);
    let told = 0;
    const count = () => void told++;
    const unsubscribe = runner.telemetry.subscribe(count);
    runner.telemetry.subscribe(count);
    unsubscribe();
    unsubscribe();
    await runner.execute(leased());
    expect(told).toBeGreaterThan(0);
  });
});
