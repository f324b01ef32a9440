import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

const SQLITE_BUSY = 5;
/** Permissions of group and others to write. */
const OTHERS_WRITE = 0o022;

/** The right to use a data directory, and the containers that belong to it. */
export interface DataLock {
  release(): void;
}

/**
 * Takes a data directory for this process: two runners would stop each other's agents. The kernel drops the lock when the
 * process dies, however it dies, for it is the exclusive lock of an SQLite file. Rejects with an `Error` that says so when
 * another runner has it, or another user can write there.
 */
export async function lockDataDirectory(directory: string): Promise<DataLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await assertOurs(directory);
  // Never opened by other means than SQLite: closing any descriptor of the file would drop this process's lock.
  const file = join(directory, "lock");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    await chmod(file, 0o600);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if ((thrown as { errcode?: number }).errcode !== SQLITE_BUSY) throw thrown;
    throw new Error(
      `another runner uses the data directory ${directory}: call its API, end it, or set OKEN_DATA_DIR to a directory of this runner's own`,
      { cause: thrown },
    );
  }
  return { release: () => database.close() };
}

/**
 * The default lies in /tmp, where anybody may have made the directory first. Whoever can write there decides which containers
 * this runner starts and removes.
 */
async function assertOurs(directory: string): Promise<void> {
  const refuse = (problem: string) =>
    new Error(`the data directory ${directory} ${problem}: make it this user's alone, or set OKEN_DATA_DIR to another`);
  const found = await stat(directory);
  const owners = [found.uid, (await lstat(directory)).uid];
  const foreign = owners.find((owner) => owner !== 0 && owner !== process.getuid?.());
  if (foreign !== undefined) throw refuse(`belongs to another user (${foreign})`);
  if (!(found.mode & OTHERS_WRITE)) return;
  await chmod(directory, found.mode & 0o777 & ~OTHERS_WRITE).catch(() => undefined);
  if ((await stat(directory)).mode & OTHERS_WRITE) throw refuse("can be written by other users");
}
