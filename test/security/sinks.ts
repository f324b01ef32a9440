import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { inspect } from "node:util";
import type { Canaries, Leak } from "./canaries.ts";

/** All that went out of a runner, by the way it took. */
export class Sinks {
  readonly #texts = new Map<string, string[]>();

  add(where: string, text: string): void {
    const texts = this.#texts.get(where) ?? [];
    texts.push(text);
    this.#texts.set(where, texts);
  }

  /** Something thrown, as far as anybody could print it. */
  addThrown(where: string, thrown: unknown): void {
    this.add(where, inspect(thrown, { depth: 20, maxStringLength: null, maxArrayLength: null, showHidden: true }));
  }

  /** Every file below a directory, but for those that belong to the test. */
  async addFiles(where: string, directory: string, except: readonly string[] = []): Promise<void> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !except.includes(relative(directory, path)))
        this.add(where, await readFile(path, "latin1"));
    }
  }

  /** All that went one way. */
  text(where: string): string {
    return (this.#texts.get(where) ?? []).join("\n");
  }

  leaks(canaries: Canaries): Leak[] {
    return [...this.#texts].flatMap(([where, texts]) => canaries.leaksIn(where, texts.join("\n")));
  }
}
