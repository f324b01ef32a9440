import { expect, it } from "vitest";
import { allOrNone } from "../../../../../plugins/command-executor/src/launcher/broker/all-or-none.ts";

it("answers with all there is", async () => {
  const letGo: number[] = [];
  expect(await allOrNone([Promise.resolve(1), Promise.resolve(2)], (value) => letGo.push(value))).toEqual([1, 2]);
  expect(letGo).toEqual([]);
});

it("lets go of the others when one fails, late ones too", async () => {
  const letGo: number[] = [];
  const late = Promise.withResolvers<number>();
  const failing = allOrNone([Promise.reject(new Error("first")), Promise.resolve(1), late.promise], (value) =>
    letGo.push(value),
  );
  late.resolve(2);
  await expect(failing).rejects.toThrow("first");
  expect(letGo).toEqual([1, 2]);
});
