import { afterAll, describe, it } from "vitest";
import { withinSeconds } from "../../plugin/within.ts";
import { ConformanceReport } from "./report.ts";
import { applies, type NotApplicable, type Point } from "./subject.ts";

/** Declares the points of a suite as vitest tests. */
export interface Points {
  /** A point that every subject is tried at. */
  point(name: string, trial: () => Promise<void>): void;
  /** A point that some subjects cannot be tried at: it is a test where it applies, and a line of the report anyway. */
  pointOf<T>(name: string, subject: Point<T>, trial: (subject: T) => Promise<void>): void;
}

const SECONDS_PER_POINT = 45;

/** Declares a suite; its report is published when all of its tests have run. */
export function suite(title: string, declare: (points: Points) => void): void {
  describe(title, () => {
    const report = new ConformanceReport(title);
    afterAll(() => report.publish());
    const point: Points["point"] = (name, trial) =>
      it(name, () => report.try(name, () => inTime(trial)), 2 * SECONDS_PER_POINT * 1_000);
    declare({
      point,
      pointOf(name, subject, trial) {
        if (applies(subject)) point(name, () => trial(subject));
        else report.leaveOut(name, reasonOf(subject));
      },
    });
  });
}

/** So that a point that hangs is in the report as well. */
function inTime(trial: () => Promise<void>): Promise<void> {
  const late = () => new Error(`it did not come about within ${SECONDS_PER_POINT} s`);
  return withinSeconds(SECONDS_PER_POINT, trial, late);
}

function reasonOf(subject: unknown): string {
  return (subject as NotApplicable).doesNotApply;
}
