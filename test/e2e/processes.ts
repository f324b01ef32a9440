import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect } from "vitest";

/** The pids that an agent wrote, once its file is there. */
export async function pidsIn(path: string): Promise<number[]> {
  await expect.poll(() => readFile(path, "utf8").catch(() => ""), { timeout: 20_000 }).not.toBe("");
  return (await readFile(path, "utf8")).trim().split("\n").map(Number);
}

/** Whether a process runs; one that only waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
