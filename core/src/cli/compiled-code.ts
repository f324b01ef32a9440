import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import path from "node:path";

/**
 * Has Node keep compiled code, and configurations freed of their types, from one start to the next. Where
 * `NODE_COMPILE_CACHE` names a directory Node does so by itself, and where `NODE_DISABLE_COMPILE_CACHE` is set never. Who writes
 * to the cache decides what is executed, so it lies in this user's own cache directory and not, as is Node's way, in the one for
 * temporary files. Without such a directory, or where it cannot be written, everything is compiled at every start.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  const home = env["HOME"];
  const base = env["XDG_CACHE_HOME"] || (home && path.join(home, ".cache"));
  if (!base || !path.isAbsolute(base) || env["NODE_COMPILE_CACHE"] || env["NODE_DISABLE_COMPILE_CACHE"]) return;
  const directory = path.join(base, "leasehold", "compiled");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isOwn(path.dirname(directory)) && isOwn(directory)) enableCompileCache(directory);
  } catch {
    // A start is slower then, and nothing else.
  }
}

/** Another user's, or one that others may write to, would let them run code in this user's name. */
function isOwn(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}
