import { chmod, stat } from "node:fs/promises";
import path from "node:path";
import { LeaseholdError } from "../errors/leasehold-error.ts";

const SQLITE_BUSY = 5;

/** The right to write into a state directory. */
export interface StateLock {
  /** Rejects once the directory was removed or replaced: another runner may have taken the new one, and what is written there is its. */
  assertOurs(): Promise<void>;
  release(): void;
}

/**
 * Takes a state directory's lock, one that the kernel drops when this process dies, however it dies: the exclusive lock
 * of an SQLite file, for Node has no other door to file locks. Rejects with `STATE_DIR_LOCKED`.
 */
export async function lockStateDirectory(directory: string): Promise<StateLock> {
  // Never opened by other means than SQLite: closing any descriptor of the file would drop this process's lock.
  const file = path.join(directory, "lock");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    await chmod(file, 0o600);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if ((thrown as { errcode?: number }).errcode === SQLITE_BUSY)
      throw new LeaseholdError("STATE_DIR_LOCKED", { directory });
    throw thrown;
  }
  const locked = await stat(file);
  const assertOurs = async () => {
    const now = await stat(file).catch(() => undefined);
    if (now?.ino !== locked.ino || now.dev !== locked.dev)
      throw new Error(`${directory} was removed or replaced under the runner; restart the runner`);
  };
  return { assertOurs, release: () => database.close() };
}
