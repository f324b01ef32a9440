import { succeeded, textResult } from "leasehold";
import { describe, expect, it } from "vitest";
import { SettledRuns } from "../../../core/src/sources/settled-runs.ts";

const MEGABYTE = "x".repeat(1024 * 1024);

const remembered = (runs: SettledRuns, count: number) =>
  Array.from({ length: count }, (_, n) => `run-${n}`).filter((run) => runs.get(run) !== undefined);

describe("SettledRuns", () => {
  it("remembers the latest thousand, and never more than two", () => {
    const runs = new SettledRuns(1_000, () => false);
    for (let count = 1; count <= 5_000; count++) {
      runs.add(`run-${count - 1}`, succeeded());
      if (count % 125 !== 0) continue;
      const known = remembered(runs, count);
      expect(known.length).toBeLessThanOrEqual(2_000);
      expect(known.slice(-1_000)).toEqual(
        Array.from({ length: Math.min(count, 1_000) }, (_, n) => `run-${Math.max(count - 1_000, 0) + n}`),
      );
    }
    expect(remembered(runs, 5_000)[0]).toBe("run-4000");
  });

  it("forgets the oldest beyond sixteen megabytes of results", () => {
    const runs = new SettledRuns(1_000, () => false);
    for (let n = 0; n < 40; n++) {
      runs.add(`run-${n}`, succeeded(textResult(MEGABYTE)));
      expect(remembered(runs, n + 1).length).toBeLessThanOrEqual(16);
      expect(runs.get(`run-${n}`)).toBeDefined();
    }
  });

  it("remembers a result that is longer than all may be, until others come", () => {
    const runs = new SettledRuns(1_000, () => false);
    runs.add("long", succeeded(textResult(MEGABYTE.repeat(17))));
    expect(runs.get("long")).toBeDefined();
    for (let n = 0; n < 10; n++) runs.add(`run-${n}`, succeeded(textResult(MEGABYTE)));
    expect(runs.get("long")).toBeUndefined();
  });

  it("remembers what is still owed, and the latest beside however much that is", () => {
    const runs = new SettledRuns(50, (run) => run.startsWith("owed-"));
    for (let n = 0; n < 200; n++) runs.add(`owed-${n}`, succeeded());
    for (let n = 0; n < 400; n++) runs.add(`run-${n}`, succeeded());
    for (let n = 0; n < 200; n++) expect(runs.get(`owed-${n}`)).toBeDefined();
    expect(remembered(runs, 400).slice(-50)[0]).toBe("run-350");
  });

  it("has the latest outcome of a run that is settled again", () => {
    const runs = new SettledRuns(2, () => false);
    runs.add("run", succeeded());
    for (const other of ["a", "b"]) runs.add(other, succeeded());
    runs.add("run", succeeded(textResult("again")));
    expect(runs.get("run")?.result?.text).toBe("again");
  });
});
