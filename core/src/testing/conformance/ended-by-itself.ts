import type { Submitted } from "../runner/test-runner.ts";

/** Rejects when a run ends that was to go on; never resolves. */
export async function endedByItself(run: Submitted): Promise<never> {
  const outcome = await run.outcome;
  throw new Error(`the run that was to go on has ended: ${JSON.stringify(outcome)}`);
}
