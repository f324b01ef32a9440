import { readFile } from "node:fs/promises";
import { JournalState } from "./journal-state.ts";
import { decodeLine, HEADER } from "./line.ts";

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
