import { open, rename } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "../log/logger.ts";
import { AppendFile } from "./append-file.ts";
import { DurableJournal } from "./durable-journal.ts";
import { JournalState } from "./journal-state.ts";
import { DAMAGED, type FoundJournal, JOURNAL_FILE, readJournalFile } from "./read-file.ts";
import { rewriteJournal } from "./rewrite.ts";
import { usable } from "./state-directory.ts";
import { lockStateDirectory } from "./state-lock.ts";

/** A journal, and the right to write it. */
export interface OpenJournal {
  readonly journal: DurableJournal;
  /** Waits for what is in line, and lets another process have the directory. */
  end(): Promise<void>;
}

/**
 * Opens the journal of a state directory, with all that a predecessor left there. A torn end is cut; a file that is
 * broken elsewhere is set aside. Rejects with `STATE_DIR_LOCKED` while another process has it, and `STATE_DIR_UNUSABLE`.
 */
export function openJournal(directory: string, log: Logger): Promise<OpenJournal> {
  return usable(directory, async () => {
    const lock = await lockStateDirectory(directory);
    try {
      const file = path.join(directory, JOURNAL_FILE);
      const found = await readJournalFile(file);
      if (found) await tellOfDamage(file, found, log);
      const state = found?.state ?? new JournalState();
      const journal = new DurableJournal(file, await fileFor(file, found, state, log), state, log, lock.assertOurs);
      return { journal, end: () => journal.end().finally(() => lock.release()) };
    } catch (thrown) {
      lock.release();
      throw thrown;
    }
  });
}

/** What a disk without room says. It may get some, so that the runner waits for it and does not end. */
const NO_ROOM = ["ENOSPC", "EDQUOT", "EFBIG"];

/** A short file where there is room for one beside the old; the old one where there is none, as long as it is sound. */
async function fileFor(
  file: string,
  found: FoundJournal | undefined,
  state: JournalState,
  log: Logger,
): Promise<AppendFile | Error> {
  try {
    return await rewriteJournal(file, state);
  } catch (thrown) {
    if (!(thrown instanceof Error && NO_ROOM.includes((thrown as NodeJS.ErrnoException).code ?? ""))) throw thrown;
    if (!found || found.bytes === 0 || found.brokenLines > 0) return thrown;
    log.warn({ err: thrown, file }, "there is no room to shorten the journal; it goes on as it is");
    return reopen(file, found.bytes);
  }
}

async function reopen(file: string, bytes: number): Promise<AppendFile> {
  const handle = await open(file, "r+");
  try {
    await handle.truncate(bytes);
    return new AppendFile(handle, bytes);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function tellOfDamage(file: string, { brokenLines, tornBytes }: FoundJournal, log: Logger): Promise<void> {
  if (brokenLines > 0) {
    const aside = `${file}${DAMAGED}${new Date().toISOString().replaceAll(":", "-")}`;
    await rename(file, aside);
    log.error(
      { file: aside, brokenLines },
      `the journal is damaged, which no crash of a runner does: check the disk. It was set aside as ${aside}; what could be read of it is used`,
    );
  } else if (tornBytes > 0)
    log.warn({ file, tornBytes }, `the journal's last write was broken off; ${tornBytes} bytes of it are cut`);
}
