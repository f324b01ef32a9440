import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { OwnedThings } from "./executor-suite.ts";

const PATIENCE_SECONDS = 30;

/** Resolves when something of a run is alive, by the subject's own count. */
export async function isAlive(owned: OwnedThings, projectDir: string): Promise<void> {
  const late = "nothing of the run came to be alive, by the subject's own count";
  if (!(await becomes(owned, projectDir, PATIENCE_SECONDS, (count) => count > 0))) throw new Error(late);
}

/** Expects that nothing of the runs is alive: now, or as soon as it may have heard of their end. */
export async function nothingAlive(owned: OwnedThings, projectDir: string): Promise<void> {
  await becomes(owned, projectDir, owned.lagSeconds ?? 0, (count) => count === 0);
  expect(await owned.alive(projectDir), "things that are alive").toBe(0);
}

async function becomes(
  { alive }: OwnedThings,
  projectDir: string,
  seconds: number,
  wanted: (count: number) => boolean,
): Promise<boolean> {
  const end = performance.now() + seconds * 1_000;
  for (;;) {
    if (wanted(await alive(projectDir))) return true;
    if (performance.now() >= end) return false;
    await turn();
  }
}
