import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { CoreOptions } from "../../config/core-options.ts";
import { askHealth } from "../../control/control-client.ts";
import { messageOf } from "../../errors/leasehold-error.ts";
import { lockHolder } from "../../journal/lock-holder.ts";
import { DAMAGED, JOURNAL_FILE, readJournalFile } from "../../journal/read-file.ts";
import { assertPrivate, stateDirectoryOf, usable } from "../../journal/state-directory.ts";
import type { CheckResult } from "../../plugin/command.ts";
import { type Finding, failuresOf } from "./finding.ts";
import { tryToWrite } from "./try-to-write.ts";

/** A journal that holds more than this was not kept short by any runner. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Whether a runner can keep its state: the directory is private and can be written, who has it, and what its journal holds. */
export async function checkState(options: CoreOptions, profile: string | undefined): Promise<Finding[]> {
  if (options.journal === "memory")
    return [{ check: "state directory", ok: true, detail: "none: the journal is in memory, and lost with the runner" }];
  const directory = stateDirectoryOf(options, profile);
  try {
    if (!(await exists(directory))) return [await checkParent(directory)];
    await usable(directory, async () => {
      await assertPrivate(directory);
      await tryToWrite(directory);
    });
  } catch (thrown) {
    return failuresOf("state directory", thrown);
  }
  const detail = `${directory}; ${await describeHolder(directory)}`;
  return [
    { check: "state directory", ok: true, detail },
    { check: "journal", ...(await examineJournal(directory)) },
  ];
}

/** A start would make the directory; a doctor leaves nothing behind. */
async function checkParent(directory: string): Promise<Finding> {
  let parent = path.dirname(directory);
  while (!(await exists(parent))) parent = path.dirname(parent);
  await usable(directory, () => tryToWrite(parent));
  return { check: "state directory", ok: true, detail: `${directory}; the first start makes it` };
}

async function exists(directory: string): Promise<boolean> {
  return stat(directory).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== "ENOENT",
  );
}

async function describeHolder(directory: string): Promise<string> {
  const status = await askHealth(directory).catch(messageOf);
  if (typeof status === "object") return `a runner works with it (pid ${status.pid}, ${status.phase})`;
  const pid = await lockHolder(directory);
  if (status !== undefined) return `the runner that works with it does not answer: ${status}`;
  return pid === undefined ? "no runner works with it" : `process ${pid} works with it`;
}

async function examineJournal(directory: string): Promise<CheckResult> {
  const file = path.join(directory, JOURNAL_FILE);
  const found = await readJournalFile(file);
  if (!found) return { ok: true, detail: "none yet" };
  const { size } = await stat(file);
  const damaged = (await readdir(directory)).filter((name) => name.startsWith(JOURNAL_FILE + DAMAGED));
  const owed = [...found.state.open.values()].reduce((sum, lease) => sum + lease.owed.size, 0);
  const sum = `${size} bytes, ${found.state.open.size} runs, ${owed} reports owed, ${found.state.resources.size} resources`;
  if (found.brokenLines > 0)
    return {
      ok: false,
      problem: `${file} has ${found.brokenLines} broken lines`,
      fix: "Check the disk; the next start sets the file aside.",
    };
  if (damaged.length > 0)
    return {
      ok: false,
      problem: `${damaged.length} damaged journals were set aside in ${directory}`,
      fix: "Check the disk, look at them if runs are missed, then delete them with leasehold journal prune.",
    };
  if (size > MOST_BYTES)
    return {
      ok: false,
      problem: `it is large: ${sum}`,
      fix: "leasehold journal ls shows what is owed; journal replay delivers it.",
    };
  return { ok: true, detail: sum };
}
