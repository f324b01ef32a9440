import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

/** Fresh folders for what arrives, below the data directory so that they can be renamed into their place. */
export class Staging {
  readonly #directory: string;
  readonly #ours = new Set<string>();

  constructor(dataDir: string) {
    this.#directory = join(dataDir, "incoming");
  }

  /** An empty folder of its own. */
  async open(): Promise<string> {
    const name = `${process.pid}.${randomUUID()}`;
    const folder = join(this.#directory, name);
    this.#ours.add(name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Deletes a folder, wherever its content stands by now. */
  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    this.#ours.delete(basename(folder));
  }

  /** Deletes what processes that are gone have left. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const stale = names.filter((name) => !this.#ours.has(name) && !isOfAnother(name));
    await Promise.all(stale.map((name) => this.discard(join(this.#directory, name))));
  }
}

/** Whether a folder belongs to another process that lives. */
function isOfAnother(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
