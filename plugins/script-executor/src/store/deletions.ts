import { rm } from "node:fs/promises";
import type { Logger } from "leasehold";

/** Deletes folders in the background, for they may be large, and knows when it is done. */
export class Deletions {
  readonly #log: Logger;
  readonly #open = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  begin(directory: string): void {
    const deletion = rm(directory, { recursive: true, force: true }).catch((err: unknown) =>
      this.#log.warn({ err, directory }, "an outdated version of a script could not be deleted"),
    );
    this.#open.add(deletion);
    void deletion.finally(() => this.#open.delete(deletion));
  }

  /** Resolves when nothing is being deleted. */
  async done(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }
}
