import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";

const DIRECTORIES = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];

/**
 * The absolute path of a `prlimit` that works here: it sets the limit that is the tag and becomes the program. Nothing on
 * systems without it, or where it may not set limits.
 */
export async function findTaggingProgram(tag: bigint, path = process.env["PATH"] ?? ""): Promise<string | undefined> {
  const directories = [...DIRECTORIES, ...path.split(":").filter((directory) => directory.startsWith("/"))];
  for (const program of new Set(directories.map((directory) => `${directory}/prlimit`))) {
    if (await works(program, tag)) return program;
  }
  return undefined;
}

/** How the program is told to tag: these words, then the program's own. */
export function taggingWords(tag: bigint): string[] {
  return [`--locks=${tag}`, "--"];
}

/** Tries it on itself: it must show the limit that it was told to set. */
async function works(program: string, tag: bigint): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    const show = [program, "--locks", "--noheadings", "--raw", "--output", "HARD"];
    const { stdout } = await promisify(execFile)(program, [...taggingWords(tag), ...show]);
    return stdout.trim() === String(tag);
  } catch {
    return false;
  }
}
