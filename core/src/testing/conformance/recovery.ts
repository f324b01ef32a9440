import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import type { TestRunnerSettings } from "../runner/start-runner.ts";
import type { Submission, TestRunner } from "../runner/test-runner.ts";
import { isAlive, nothingAlive } from "./alive.ts";
import { endedByItself } from "./ended-by-itself.ts";
import type { OwnedThings } from "./executor-suite.ts";

type Start = (settings: TestRunnerSettings<never>) => Promise<TestRunner<never>>;

/** How the runner starts whose run it is, and how the one that recovers. */
export interface Starts {
  readonly first: Start;
  readonly next: Start;
}

/**
 * Lets a second runner recover from a copy of the first one's state, taken while a run is under way: all that a SIGKILL leaves
 * is that state, and what was started. The first runner loses its run by that, as if from outside.
 */
export async function recoverInNextRunner(starts: Starts, endless: Submission, owned: OwnedThings): Promise<void> {
  const states = await mkdtemp(path.join(tmpdir(), "leasehold-states-"));
  const [stateDir, copied] = [path.join(states, "first"), path.join(states, "copied")];
  const durable = { journal: "durable", stateDir } as const;
  try {
    await using first = await starts.first({ config: durable });
    const run = await first.submit(endless);
    await Promise.race([isAlive(owned, first.projectDir), endedByItself(run)]);
    // In line behind everything that the journal has been told about the resource.
    await (await first.source.feed).remember("conformance", "copied");
    await cp(stateDir, copied, { recursive: true, filter: (file) => isJournal(file) });
    await expectRecovery(starts.next, copied, first.projectDir, owned, run.id);
    await run.outcome;
  } finally {
    await rm(states, { recursive: true, force: true });
  }
}

async function expectRecovery(
  start: Start,
  stateDir: string,
  projectDir: string,
  owned: OwnedThings,
  run: string,
): Promise<void> {
  const config = { journal: "durable", stateDir, projectDir } as const;
  await using next = await start({ config, verifyHandles: false });
  const { receipt } = await next.told("resource", (event) => event.act === "ended" && event.kind === owned.kind);
  expect(receipt?.survivors).toBe(0);
  await nothingAlive(owned, projectDir);
  await next.told("delivery", (event) => event.run === run && event.report === "settled");
  const reports = next.source.attempts.map(({ report }) => report).filter(({ type }) => type === "settled");
  expect(reports).toMatchObject([{ outcome: { status: "failed", error: { code: "RUNNER_RESTARTED" } } }]);
}

/** The lock and the socket are the living runner's. */
function isJournal(file: string): boolean {
  return !/^(lock|control)/.test(path.basename(file));
}
