import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import { type DirectoryLock, lockDirectory } from "leasehold";

/** Permissions of group and others to write. */
const OTHERS_WRITE = 0o022;

/**
 * Takes a data directory, and with it the containers that belong to it, for this process: two runners would stop each other's
 * agents. Rejects with an `Error` that says so when another runner has it, or another user can write there.
 */
export async function lockDataDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await assertOurs(directory);
  const lock = await lockDirectory(directory);
  if (lock) return lock;
  throw new Error(
    `another runner uses the data directory ${directory}: call its API, end it, or set OKEN_DATA_DIR to a directory of this runner's own`,
  );
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
