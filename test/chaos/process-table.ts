import { readdirSync, readFileSync } from "node:fs";

/** A living process that belongs to a run of the suite. */
export interface Survivor {
  readonly pid: number;
  /** Its command line, for people. */
  readonly command: string;
}

/** The processes whose command line names this directory; zombies are no processes any more. */
export function processesIn(directory: string): Survivor[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => survivorOf(Number(name), directory) ?? []);
}

/** The process, if it lives and its command line names this directory: a recycled pid is somebody else. */
export function survivorOf(pid: number, directory: string): Survivor | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    if (!command.includes(directory)) return undefined;
    const dead = /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    return dead ? undefined : { pid, command };
  } catch {
    return undefined;
  }
}
