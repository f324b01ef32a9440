import { expect, it } from "vitest";
import { Lane } from "../../../../plugins/docker-oken/src/agents/lane.ts";

it("does one thing after another, in order, whatever fails", async () => {
  const lane = new Lane();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lane.run(async () => {
    await gate.promise;
    done.push("first");
    throw new Error("no");
  });
  const second = lane.run(async () => done.push("second"));
  expect(lane.empty).toBe(false);
  gate.resolve();
  await expect(first).rejects.toThrow("no");
  await expect(second).resolves.toBe(2);
  expect(done).toEqual(["first", "second"]);
  expect(lane.empty).toBe(true);
});
