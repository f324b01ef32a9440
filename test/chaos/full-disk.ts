import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SIZE = "48m";
/** What a journal can still be written in while the limit holds: nothing. */
const LIMIT_BYTES = 1;

/** A disk for the runner's state that can be filled up: a file system of its own, or a limit where none can be mounted. */
export interface Disk {
  readonly kind: "tmpfs" | "limit";
  /** Nothing more fits; `pid` is the runner's. */
  fill(pid: number): void;
  free(pid: number): void;
  unmount(): void;
}

/** Makes a directory whose disk can be filled. */
export function mountDisk(directory: string): Disk {
  mkdirSync(directory);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=700`, "tmpfs", directory]);
  return mounted.status === 0 ? smallFileSystem(directory) : fileSizeLimit();
}

function smallFileSystem(directory: string): Disk {
  const filler = join(directory, "filler");
  return {
    kind: "tmpfs",
    fill: () => {
      const { bavail, bsize } = statfsSync(directory);
      try {
        writeFileSync(filler, Buffer.alloc(bavail * bsize));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== "ENOSPC") throw thrown;
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => void spawnSync("umount", ["--lazy", directory]),
  };
}

/** The runner's children inherit the limit, and lift it for themselves. */
export function fileSizeLimit(): Disk {
  const limit = (pid: number, bytes: string) => void spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
  return {
    kind: "limit",
    fill: (pid) => limit(pid, String(LIMIT_BYTES)),
    free: (pid) => limit(pid, "unlimited"),
    unmount: () => undefined,
  };
}
