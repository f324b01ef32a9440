import { expect, it } from "vitest";
import { SpawnTurns } from "../../../../plugins/command-executor/src/launcher/spawn-turns.ts";

it("lets each turn of the event loop spawn once, in order", async () => {
  let turn = 0;
  let stopped = false;
  const count = () => {
    turn++;
    if (!stopped) setImmediate(count);
  };
  setImmediate(count);
  const turns = new SpawnTurns();
  const spawns = await Promise.all([1, 2, 3, 4].map((number) => turns.take(() => ({ number, turn }))));
  stopped = true;
  expect(spawns.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(new Set(spawns.map((spawn) => spawn.turn)).size).toBe(4);
});

it("goes on after a spawn that failed", async () => {
  const turns = new SpawnTurns();
  const fails = turns.take(() => {
    throw new Error("no");
  });
  const works = turns.take(() => "yes");
  await expect(fails).rejects.toThrow("no");
  expect(await works).toBe("yes");
});
