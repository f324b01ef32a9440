import { setTimeout as wait } from "node:timers/promises";
import { startRunner, virtualClock } from "leasehold/testing";
import { expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";

it("an hour's deadline passes at once", async () => {
  using clock = virtualClock(0);
  const waits = executor(async (run) => {
    await new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
  });
  const bench = await startRunner([waits], { config: { timeoutSeconds: 3_600 } });
  const run = await bench.submit({ agent: "any" });
  await bench.told("phase", ({ phase }) => phase === "execute");
  await clock.advance({ seconds: 3_599 });
  const early = await Promise.race([
    run.outcome,
    new Promise<string>((resolve) => setImmediate(() => resolve("not yet"))),
  ]);
  expect(early).toBe("not yet");
  await clock.advance({ ms: 1_001 });
  expect(await run.outcome).toMatchObject({ status: "failed", error: { message: expect.stringContaining("3600 s") } });
  expect(clock.now).toBe(3_600_001);
  clock.end();
  await bench.close();
});

it("real time goes on after its end", async () => {
  {
    using clock = virtualClock(0);
    expect(clock.now).toBe(0);
  }
  await wait(1);
  expect(Date.now()).toBeGreaterThan(1_000_000);
});
