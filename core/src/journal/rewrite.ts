import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { AppendFile } from "./append-file.ts";
import type { JournalState } from "./journal-state.ts";
import { encodeLine, HEADER } from "./line.ts";

/** Written at once, between turns of the main loop. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Replaces a journal file by the shortest one of the same meaning: a new file, on the disk before it takes the name. Rejects
 * with the old one untouched. The state must not change meanwhile.
 */
export async function rewriteJournal(file: string, state: JournalState): Promise<AppendFile> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, "w", 0o600);
  try {
    const written = new AppendFile(handle, 0);
    await written.write(HEADER);
    for (const chunk of chunksOf(state)) await written.write(chunk);
    await written.sync();
    await rename(fresh, file);
    await syncDirectory(path.dirname(file));
    return written;
  } catch (thrown) {
    await handle.close();
    await rm(fresh, { force: true });
    throw thrown;
  }
}

function* chunksOf(state: JournalState): Generator<Buffer> {
  let lines: Buffer[] = [];
  let bytes = 0;
  for (const record of state.records()) {
    const line = encodeLine(record);
    lines.push(line);
    bytes += line.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(lines);
    [lines, bytes] = [[], 0];
  }
  yield Buffer.concat(lines);
}

/** Makes a new name as lasting as the file. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
