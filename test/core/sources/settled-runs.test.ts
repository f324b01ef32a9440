import { succeeded, textResult } from "leasehold";
import { describe, expect, it } from "vitest";
import { SettledRuns } from "../../../core/src/sources/settled-runs.ts";

const MEGABYTE = "x".repeat(1024 * 1024);

describe("SettledRuns", () => {
  it("forgets the oldest beyond a thousand", () => {
    const runs = new SettledRuns(() => false);
    for (let n = 0; n <= 1_000; n++) runs.add(`run-${n}`, succeeded());
    expect([runs.get("run-0"), runs.get("run-1")?.status]).toEqual([undefined, "succeeded"]);
  });

  it("forgets the oldest beyond sixteen megabytes of results", () => {
    const runs = new SettledRuns(() => false);
    for (let n = 0; n <= 16; n++) runs.add(`run-${n}`, succeeded(textResult(MEGABYTE)));
    expect([runs.get("run-0"), runs.get("run-1")?.status]).toEqual([undefined, "succeeded"]);
  });

  it("remembers what is still owed", () => {
    const runs = new SettledRuns((run) => run === "run-0");
    for (let n = 0; n <= 1_000; n++) runs.add(`run-${n}`, succeeded());
    expect([runs.get("run-0")?.status, runs.get("run-1")]).toEqual(["succeeded", undefined]);
  });
});
