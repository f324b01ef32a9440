import { setTimeout as wait } from "node:timers/promises";
import type { Submitted } from "../runner/test-runner.ts";

/** Long beside anything that an executor does first, and nothing beside the minute that such a run goes on for. */
const WHILE_MS = 1_000;

/** Rejects when a run ends that was to go on; never resolves. */
export async function endedByItself(run: Submitted): Promise<never> {
  const outcome = await run.outcome;
  throw new Error(`the run that was to go on has ended: ${JSON.stringify(outcome)}`);
}

/** Resolves when a run has gone on for a while; rejects when it ends meanwhile. */
export async function goesOn(run: Submitted): Promise<void> {
  await Promise.race([wait(WHILE_MS), endedByItself(run)]);
}
