import { rm } from "node:fs/promises";
import { Credentials } from "leasehold";
import { startRunner } from "leasehold/testing";
import { expect, it } from "vitest";
import { TokenWorld } from "./token-world.ts";

it("names the file and not its content when there is no token", async () => {
  await using world = await TokenWorld.open();
  await using bench = await startRunner([world.create()]);
  const credentials = bench.runner.services.get(Credentials);
  await rm(world.file);
  await expect(credentials.headers("http://coordinator.test")).rejects.toThrow(`cannot be read from ${world.file}`);
  await world.write(" ");
  await expect(credentials.headers("http://coordinator.test")).rejects.toThrow("holds no token");
  await world.write("token-two");
  expect(await credentials.headers("http://coordinator.test")).toEqual({ authorization: "Bearer token-two" });
});
