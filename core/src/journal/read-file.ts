import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { JournalState } from "./journal-state.ts";
import { decodeLine, HEADER } from "./line.ts";
import { usable } from "./state-directory.ts";

/** The journal's name in a state directory. */
export const JOURNAL_FILE = "journal";
/** Behind that name, before the moment at which a damaged journal was set aside. */
export const DAMAGED = ".damaged-";

/** What was found in a journal file. */
export interface FoundJournal {
  readonly state: JournalState;
  /** Bytes up to the end of the last whole line. */
  readonly bytes: number;
  /** Bytes behind that: a write that a crash or a power cut broke off. */
  readonly tornBytes: number;
  /** Broken lines in front of whole ones: something else has written here, or the disk has failed. */
  readonly brokenLines: number;
}

/** The journal of a state directory as it is now, also while a runner writes it. Rejects with `JOURNAL_MISSING` or `STATE_DIR_UNUSABLE`. */
export async function readJournalIn(directory: string): Promise<FoundJournal> {
  const found = await usable(directory, () => readJournalFile(path.join(directory, JOURNAL_FILE)));
  if (!found) throw new LeaseholdError("JOURNAL_MISSING", { directory });
  return found;
}

/** Deletes journals that were set aside; answers their names. */
export async function deleteDamaged(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(JOURNAL_FILE + DAMAGED));
  await Promise.all(names.map((name) => rm(path.join(directory, name))));
  return names;
}

/** Reads a journal file; nothing when there is none. Whatever of it can be read is read, also around what is broken. */
export async function readJournalFile(file: string): Promise<FoundJournal | undefined> {
  try {
    return readLines(await readFile(file));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

function readLines(content: Buffer): FoundJournal {
  const state = new JournalState();
  const header = content.subarray(0, HEADER.length).equals(HEADER);
  let [bytes, broken, brokenSince] = [header ? HEADER.length : 0, 0, 0];
  for (let start = bytes; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    if (end >= 0 && taken(content.subarray(start, end), state)) {
      broken += brokenSince;
      [bytes, brokenSince] = [end + 1, 0];
    } else brokenSince++;
    start = end < 0 ? content.length : end + 1;
  }
  // Without its header a file that holds anything is not a journal of ours.
  if (!header && content.length > 0 && !HEADER.subarray(0, content.length).equals(content)) broken++;
  return { state, bytes, tornBytes: content.length - bytes, brokenLines: broken };
}

/** Whether a line made sense; the state has it then. A checksum does not keep a stranger from writing nonsense. */
function taken(line: Buffer, state: JournalState): boolean {
  const record = decodeLine(line);
  if (!record) return false;
  try {
    state.apply(record);
    return true;
  } catch {
    return false;
  }
}
