import { succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../fixtures/kinds.ts";
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
