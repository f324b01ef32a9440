import { closeSync, readdirSync, readFileSync } from "node:fs";

/** `O_CLOEXEC` as `/proc/<pid>/fdinfo` shows it, in octal. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes what the parent of this process has left open beside standard input, output and error; every command would inherit it.
 * All that Node opens itself is marked to be closed, and so are the first few inherited ones; the others are told by that. To
 * be called before anything is opened. Does nothing where there is no `/proc`.
 */
export function closeInheritedDescriptors(): void {
  for (const descriptor of openDescriptors()) {
    try {
      if (!(flagsOf(descriptor) & CLOSE_ON_EXEC)) closeSync(descriptor);
    } catch {
      // The one that listed the directory is gone by now.
    }
  }
}

function openDescriptors(): number[] {
  // The channel to a parent that forked this process; Node has opened it before us.
  const channel: unknown = Reflect.get(process.channel ?? {}, "fd");
  try {
    return readdirSync("/proc/self/fd")
      .map(Number)
      .filter((descriptor) => descriptor > 2 && descriptor !== channel);
  } catch {
    return [];
  }
}

function flagsOf(descriptor: number): number {
  const [, flags = ""] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8")) ?? [];
  return Number.parseInt(flags, 8);
}
