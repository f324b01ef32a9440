import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What everybody with enough rights reads of a process: its words and its variables. */
export interface ProcessFacts {
  readonly pid: number;
  readonly words: string;
  readonly variables: string;
}

/** All processes of the machine; of those that end meanwhile, nothing. */
export async function processTable(): Promise<ProcessFacts[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  return Promise.all(
    pids.map(async (pid) => ({ pid, words: await text(pid, "cmdline"), variables: await text(pid, "environ") })),
  );
}

async function text(pid: number, file: string): Promise<string> {
  const bytes = await readFile(join("/proc", String(pid), file)).catch(() => Buffer.alloc(0));
  return bytes.toString("latin1").replaceAll("\0", "\n");
}
