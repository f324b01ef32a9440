import { readFile, stat } from "node:fs/promises";
import path from "node:path";

/**
 * The process that holds a state directory's lock, without touching the lock: a try at it could turn away a runner that is just
 * starting. Nothing when nobody holds it, or where the system does not tell (it has no `/proc`).
 */
export async function lockHolder(directory: string): Promise<number | undefined> {
  try {
    const { ino } = await stat(path.join(directory, "lock"));
    return holderIn(await readFile("/proc/locks", "utf8"), ino);
  } catch {
    return undefined;
  }
}

/** `1: POSIX  ADVISORY  WRITE 4711 fe:00:123456 1073741825 1073741825`: the pid, and the inode behind the device. */
export function holderIn(locks: string, inode: number): number | undefined {
  const held = locks
    .split("\n")
    .map((line) => /^\d+: \w+ +\w+ +WRITE (\d+) \w+:\w+:(\d+) /.exec(line))
    .find((match) => match?.[2] === String(inode));
  return held ? Number(held[1]) : undefined;
}
