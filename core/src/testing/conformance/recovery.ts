import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { TestRunnerSettings } from "../runner/start-runner.ts";
import type { Submission, TestRunner } from "../runner/test-runner.ts";
import { endedByItself } from "./ended-by-itself.ts";
import type { OwnedThings } from "./executor-suite.ts";

type Start = (settings: TestRunnerSettings<never>) => Promise<TestRunner<never>>;

/**
 * Lets a second runner recover from a copy of the first one's state, taken while a run is under way: all that a SIGKILL leaves
 * is that state, and what was started. The first runner loses its run by that, as if from outside.
 */
export async function recoverInNextRunner(start: Start, endless: Submission, owned: OwnedThings): Promise<void> {
  const states = await mkdtemp(path.join(tmpdir(), "leasehold-states-"));
  const [stateDir, copied] = [path.join(states, "first"), path.join(states, "copied")];
  const durable = { journal: "durable", stateDir } as const;
  try {
    await using first = await start({ config: durable });
    const run = await first.submit(endless);
    await Promise.race([until(async () => (await owned.alive(first.projectDir)) > 0), endedByItself(run)]);
    // In line behind everything that the journal has been told about the resource.
    await (await first.source.feed).remember("conformance", "copied");
    await cp(stateDir, copied, { recursive: true, filter: (file) => isJournal(file) });
    await expectRecovery(start, copied, first.projectDir, owned, run.id);
    await run.outcome;
  } finally {
    await rm(states, { recursive: true, force: true });
  }
}

async function expectRecovery(
  start: Start,
  stateDir: string,
  projectDir: string,
  { kind, alive }: OwnedThings,
  run: string,
): Promise<void> {
  const config = { journal: "durable", stateDir, projectDir } as const;
  await using next = await start({ config, verifyHandles: false });
  const { receipt } = await next.told("resource", (event) => event.act === "ended" && event.kind === kind);
  expect(receipt?.survivors).toBe(0);
  expect(await alive(projectDir), "things that are alive").toBe(0);
  await next.told("delivery", (event) => event.run === run && event.report === "settled");
  const reports = next.source.attempts.map(({ report }) => report).filter(({ type }) => type === "settled");
  expect(reports).toMatchObject([{ outcome: { status: "failed", error: { code: "RUNNER_RESTARTED" } } }]);
}

/** The lock and the socket are the living runner's. */
function isJournal(file: string): boolean {
  return !/^(lock|control)/.test(path.basename(file));
}

const PATIENCE_MS = 30_000;

async function until(reached: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await reached())) {
    if (performance.now() > end) throw new Error("nothing of the run came to be alive, by the subject's own count");
    await turn();
  }
}
