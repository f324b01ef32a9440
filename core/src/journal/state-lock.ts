import { stat } from "node:fs/promises";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { lockDirectory } from "./directory-lock.ts";

/** The right to write into a state directory. */
export interface StateLock {
  /** Rejects once the directory was removed or replaced: another runner may have taken the new one, and what is written there is its. */
  assertOurs(): Promise<void>;
  release(): void;
}

/** Takes a state directory's lock. Rejects with `STATE_DIR_LOCKED`. */
export async function lockStateDirectory(directory: string): Promise<StateLock> {
  const lock = await lockDirectory(directory);
  if (!lock) throw new LeaseholdError("STATE_DIR_LOCKED", { directory });
  const locked = await stat(lock.file);
  const assertOurs = async () => {
    const now = await stat(lock.file).catch(() => undefined);
    if (now?.ino !== locked.ino || now.dev !== locked.dev)
      throw new Error(`${directory} was removed or replaced under the runner; restart the runner`);
  };
  return { assertOurs, release: () => lock.release() };
}
