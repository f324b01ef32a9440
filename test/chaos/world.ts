import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, mountDisk } from "./full-disk.ts";

/** The directory that everything happens in: agents, project, the runner's state, logs, the coordinator's data. */
export interface World {
  readonly directory: string;
  readonly disk: Disk;
  /** Lines of the runners' logs that hold a text; all of them without one. */
  grep(text?: string): Promise<string[]>;
  remove(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-chaos-"));
  await cp(join(import.meta.dirname, "agents"), join(directory, "agents"), { recursive: true });
  await mkdir(join(directory, "project"));
  const disk = mountDisk(join(directory, "state"));
  return {
    directory,
    disk,
    grep: (text = "") => linesWith(directory, text),
    remove: async () => {
      disk.unmount();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function linesWith(directory: string, text: string): Promise<string[]> {
  const logs = (await readdir(directory)).filter((name) => /^runner-\d+\.log$/.test(name));
  const byGeneration = logs.sort((one, other) => numberIn(one) - numberIn(other));
  const lines: string[] = [];
  for (const name of byGeneration) {
    const content = await readFile(join(directory, name), "utf8");
    for (const line of content.split("\n")) if (line.includes(text)) lines.push(`${name}: ${line.slice(0, 300)}`);
  }
  return lines;
}

function numberIn(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
