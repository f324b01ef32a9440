import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { LeaseholdError } from "../errors/leasehold-error.ts";

/**
 * The real path of a run's project directory. Throws a `LeaseholdError` when it is missing, no directory, or outside the
 * roots once symbolic links are resolved.
 */
export async function confineProjectDirectory(
  directory: string,
  runnerDir: string,
  roots: readonly string[],
): Promise<string> {
  const wanted = resolve(runnerDir, directory);
  const real = await realDirectory(wanted);
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  if (real === undefined) {
    if (!roots.some((root) => isInside(root, wanted))) throw refuse(wanted, roots);
    throw new LeaseholdError("PROJECT_DIR_MISSING", { directory: wanted });
  }
  if (!realRoots.some((root) => root !== undefined && isInside(root, real))) throw refuse(wanted, roots);
  return real;
}

/** Whether `path` is `root` or lies below it, by components. */
function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function realDirectory(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function refuse(directory: string, roots: readonly string[]): LeaseholdError {
  return new LeaseholdError("PROJECT_DIR_REFUSED", { directory, roots: roots.join(", ") });
}
