import { access, chmod, mkdir, stat } from "node:fs/promises";
import path from "node:path";
import type { CoreOptions } from "../config/core-options.ts";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";

/** Permissions of group and others. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Where a runner keeps what must outlast its process. */
export function stateDirectoryOf({ stateDir, projectDir }: CoreOptions, profile: string | undefined): string {
  return stateDir ?? path.join(projectDir, ".leasehold", profile ?? "default");
}

/** Makes the directory, but not the project directory, and makes it this user's alone. Rejects with `STATE_DIR_UNUSABLE`. */
export async function makeStateDirectory(directory: string, { stateDir, projectDir }: CoreOptions): Promise<void> {
  await usable(directory, async () => {
    if (stateDir === undefined) await access(projectDir);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { mode } = await stat(directory);
    if (mode & OTHERS) await chmod(directory, 0o700).catch(() => undefined);
    await assertPrivate(directory);
  });
}

/** Whoever may write there could have processes ended in this user's name. Rejects where others may. */
export async function assertPrivate(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if (!(mode & OTHERS_WRITE)) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new Error(
    `its mode is ${octal}, so that other users may write there; name a directory inside it, or make it 0700`,
  );
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
