import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, testFiles, titlesOf } from "./titles.ts";

/** How many statements the reference runner's own unit tests make (T1, T2, …), and items the checklist has. */
const STATEMENTS = 177;
const CHECKLIST = 12;

/** Statements about the inside of the reference's program alone, which nothing here corresponds to. */
const WITHOUT_COUNTERPART: Readonly<Record<number, string>> = {
  110: "an answer with an error and no output: errors have bodies of their own, so no answer is of that shape",
  119: "a call before the proxy was started: whoever has an agent's connections can call it, there is nothing to start",
  123: "a health check before the proxy was started: likewise",
  127: "the start of the proxy makes its client: likewise",
  128: "the stop of the proxy closes its client: each agent has connections of its own, which end with it",
  129: "a stop of the proxy that was never started: likewise",
};

/** Statements that no client of the HTTP API can see: tests without an engine hold them. */
const UNSEEN = new Set([...between(20, 38), 16, 85, 91, 92]);

describe("the statements of the reference runner's tests", () => {
  it("each have a test that names it, or a reason why not", async () => {
    const named = numbersOf([...(await titles()).values()].flat());
    const missing = between(1, STATEMENTS).filter((number) => !named.has(number) && !WITHOUT_COUNTERPART[number]);
    expect(missing).toEqual([]);
    expect(Object.keys(WITHOUT_COUNTERPART).filter((number) => named.has(Number(number)))).toEqual([]);
  });

  it("are tested on a real engine wherever HTTP shows them", async () => {
    const onEngine: string[] = [];
    for (const [file, found] of await titles())
      if ((await readFile(join(ROOT, file), "utf8")).includes("describeWithEngine(")) onEngine.push(...found);
    const named = numbersOf(onEngine);
    const missing = between(1, STATEMENTS).filter(
      (number) => !named.has(number) && !UNSEEN.has(number) && !WITHOUT_COUNTERPART[number],
    );
    expect(missing).toEqual([]);
  });
});

it("each item of the compatibility checklist has a test that names it", async () => {
  const text = [...(await titles()).values()].flat().join("\n");
  const named = new Set(
    [...text.matchAll(/checklist ((?:\d+(?:, )?)+)/g)].flatMap(([, list = ""]) => list.split(", ")),
  );
  expect(between(1, CHECKLIST).filter((item) => !named.has(String(item)))).toEqual([]);
});

async function titles(): Promise<Map<string, string[]>> {
  return titlesOf((await testFiles()).filter((file) => file.startsWith("test/plugins/docker-oken/")));
}

/** `T5` and `T20 to T27` in titles. */
function numbersOf(found: readonly string[]): Set<number> {
  const ranges = found.flatMap((title) => [...title.matchAll(/\bT(\d+)(?: to T(\d+))?\b/g)]);
  return new Set(ranges.flatMap(([, first, last]) => between(Number(first), Number(last ?? first))));
}

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
