import { readdir, readlink } from "node:fs/promises";

/** How many processes of this machine work in a directory or below it, but for this one; zombies count for nothing. */
export async function processesIn(directory: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return places.filter((place) => place === directory || place.startsWith(`${directory}/`)).length;
}
