import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach } from "vitest";
import { type OpenJournal, openJournal } from "../../../core/src/journal/open-journal.ts";
import type { LogLine } from "../../fixtures/runner.ts";

export const lease = (run: string, source = "queue") => ({ source, run, session: `session-of-${run}`, ref: { run } });
export const settled = { status: "succeeded", session: "finished" } as const;
export const processGroup = (id: string) =>
  ({ kind: "process-group", id, data: { pid: 7 }, owner: { type: "plugin", plugin: "p" } }) as const;

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A directory for one test. */
export async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-journal-"));
  cleanUps.push(() => rm(directory, { recursive: true }));
  return directory;
}

/** An open journal, ended after the test unless the test ends it, and what it logs. */
export async function opened(directory: string): Promise<OpenJournal & { readonly log: LogLine[] }> {
  const log: LogLine[] = [];
  const { journal, end } = await openJournal(
    directory,
    pino({}, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) }),
  );
  let ended: Promise<void> | undefined;
  const endOnce = () => {
    ended ??= end();
    return ended;
  };
  cleanUps.push(endOnce);
  return { journal, end: endOnce, log };
}
