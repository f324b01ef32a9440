import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import type { CoreOptions } from "../config/core-options.ts";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";

/** Where a runner keeps what must outlast its process. */
export function stateDirectoryOf({ stateDir, projectDir }: CoreOptions, profile: string | undefined): string {
  return stateDir ?? path.join(projectDir, ".leasehold", profile ?? "default");
}

/** Makes the directory, for this user alone, but not the project directory. Rejects with `STATE_DIR_UNUSABLE`. */
export async function makeStateDirectory(directory: string, { stateDir, projectDir }: CoreOptions): Promise<void> {
  await usable(directory, async () => {
    if (stateDir === undefined) await access(projectDir);
    await mkdir(directory, { recursive: true, mode: 0o700 });
  });
}

/** Does something in a state directory; what fails there says which directory, and what to do. */
export async function usable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof LeaseholdError) throw thrown;
    throw new LeaseholdError("STATE_DIR_UNUSABLE", { directory, problem: messageOf(thrown) }, { cause: thrown });
  }
}
