import { mkdtemp, rmdir } from "node:fs/promises";
import path from "node:path";

/** Rejects with what the system says where nothing can be made: permissions alone do not tell of read-only file systems. */
export async function tryToWrite(directory: string): Promise<void> {
  await rmdir(await mkdtemp(path.join(directory, ".leasehold-doctor-")));
}
