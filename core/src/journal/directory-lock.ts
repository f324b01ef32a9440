import { chmod } from "node:fs/promises";
import path from "node:path";

const SQLITE_BUSY = 5;

/** The right to use a directory, held by this process. */
export interface DirectoryLock {
  /** The file in it that holds the lock. Opening it by other means than this, and closing it again, would drop the lock. */
  readonly file: string;
  release(): void;
}

/**
 * Takes a directory, which exists, for this process alone. The kernel drops the lock when the process dies, however it dies: it
 * is the exclusive lock of an SQLite file called `lock`, for Node has no other door to file locks. Resolves to nothing
 * when another process has it; rejects when the directory cannot be used.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock | undefined> {
  const file = path.join(directory, "lock");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    await chmod(file, 0o600);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if ((thrown as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw thrown;
  }
  return { file, release: () => database.close() };
}
