import { describe, expect, it } from "vitest";
import { clock } from "../../../../plugins/coordinator/src/checks/clock.ts";
import { ScriptedCoordinator } from "../scripted-coordinator.ts";
import { checkContext } from "./check-context.ts";

describe("the check of the clocks", () => {
  it.each([0, 25, -25])("tolerates %i s", async (seconds) => {
    expect(await checkedAt(seconds)).toEqual({ ok: true, detail: "clocks agree within 30 s" });
  });

  it.each([
    [90, "ahead of"],
    [-90, "behind"],
  ])("tells of %i s", async (seconds, direction) => {
    expect(await checkedAt(seconds)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(
        new RegExp(`the coordinator's clock is (8[89]|9[01]) s ${direction} this machine's`),
      ),
      fix: expect.stringContaining("Synchronise"),
    });
  });

  it("has nothing to say where no time is told, or nobody answers", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /health", { json: { status: "healthy" }, headers: { date: "tomorrow" } });
    const context = await checkContext({ url: coordinator.url });
    expect(await clock.run(context)).toEqual([]);
    coordinator.always("GET /health", { drop: true });
    expect(await clock.run(context)).toEqual([]);
  });
});

async function checkedAt(seconds: number) {
  await using coordinator = await ScriptedCoordinator.start();
  coordinator.always("GET /health", () => ({
    json: { status: "healthy" },
    headers: { date: new Date(Date.now() + seconds * 1_000).toUTCString() },
  }));
  return [await clock.run(await checkContext({ url: coordinator.url }))].flat()[0];
}
