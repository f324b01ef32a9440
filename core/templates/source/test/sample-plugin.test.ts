import { startRunner } from "leasehold/testing";
import { expect, it } from "vitest";
import { DirectoryWorld } from "./directory-world.ts";

it("writes why a run failed that nobody can execute", async () => {
  await using world = await DirectoryWorld.open();
  await using _bench = await startRunner([world.create()], { verifyHandles: false });
  await world.put("one", { agent: "nobody" });
  expect(await world.end("one")).toMatchObject({ status: "failed", error: expect.stringContaining("nobody") });
});

it("leaves a file alone that is no run, and goes on", async () => {
  await using world = await DirectoryWorld.open();
  await using bench = await startRunner([world.create()], { verifyHandles: false });
  await world.put("broken", { agents: "misspelt" });
  await world.put("sound", { agent: "nobody" });
  await world.end("sound");
  expect(world.heard("broken")).toEqual([]);
  expect(bench.log.map(({ msg }) => msg)).toContain("a file in the inbox is no run; it is left alone");
});
