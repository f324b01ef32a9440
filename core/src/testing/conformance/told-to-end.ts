import { expect } from "vitest";
import { ANSWER_SECONDS } from "../../run/deadline.ts";
import type { Outcome, OutcomeStatus } from "../../run/outcome.ts";

/** The core settles a run like this whose executor gave no answer in time. */
const GIVEN_UP = "EXECUTOR_STUCK";

/** Expects that an executor came back by itself when its run was told to end, and how the run was settled. */
export function expectEnded(outcome: Outcome, status: OutcomeStatus): void {
  if (outcome.error?.code === GIVEN_UP)
    throw new Error(
      `it gave no outcome within ${ANSWER_SECONDS} s after the run was told to end: give \`run.signal\` to whatever it waits for`,
    );
  expect(outcome.status, JSON.stringify(outcome)).toBe(status);
}
