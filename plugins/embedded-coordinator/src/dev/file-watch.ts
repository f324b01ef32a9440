import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";

/** Editors write in several steps; what comes within this time is one change. */
const SETTLE_MS = 150;

/** Watches files, and folders for their JSON files, by the folders they lie in: editors replace files rather than change them. */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Absolute paths; what is not there yet counts as a file. */
  async add(paths: readonly string[]): Promise<void> {
    for (const one of paths) {
      if (this.#files.has(one) || this.#folders.has(one)) continue;
      const isFolder = await stat(one).then(
        (found) => found.isDirectory(),
        () => false,
      );
      (isFolder ? this.#folders : this.#files).add(one);
      this.#watch(isFolder ? one : path.dirname(one));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (_event, name) => this.#noticed(folder, name));
      // A folder that goes takes its watcher with it; when it comes back, a reload watches it anew.
      watcher.on("error", () => this.#forget(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // A folder that is not there cannot change.
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #noticed(folder: string, name: string | null): void {
    const isOurs =
      name === null ||
      this.#files.has(path.join(folder, name)) ||
      (this.#folders.has(folder) && name.endsWith(".json"));
    if (!isOurs) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, SETTLE_MS);
  }
}
