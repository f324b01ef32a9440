import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcessFacts, ProcFiles } from "./proc-files.ts";

const LONGEST_STRETCH_MS = 4;

/** Someone who wants to see every process that started at `since` or later, each the moment it is found. */
export interface Observer {
  readonly since: number;
  see(facts: ProcessFacts): void;
}

interface Request {
  readonly observer: Observer;
  readonly done: (certain: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** Looks at all processes of the machine; whoever asks meanwhile shares the next look. */
export class Census {
  readonly #files: ProcFiles;
  readonly #waiting: Request[] = [];
  #examined = new Set<number>();
  #running = false;

  constructor(files: ProcFiles) {
    this.#files = files;
  }

  /**
   * One look that starts after the call. Answers whether it is certain: a process that was listed and gone before it could
   * be examined may have handed on to another one, which is not in the list.
   */
  look(observer: Observer): Promise<boolean> {
    return new Promise((done, fail) => {
      this.#waiting.push({ observer, done, fail });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await nextTurn();
      const batch = this.#waiting.splice(0);
      try {
        const certain = await this.#sweep(batch.map(({ observer }) => observer));
        for (const { done } of batch) done(certain);
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    this.#running = false;
  }

  async #sweep(observers: readonly Observer[]): Promise<boolean> {
    const examined = new Set<number>();
    let certain = true;
    let stretch = performance.now();
    for (const pid of this.#files.pids()) {
      const facts = this.#files.facts(pid);
      if (facts) {
        examined.add(pid);
        for (const observer of observers) if (facts.startTime >= observer.since) observer.see(facts);
      } else if (!this.#examined.has(pid)) certain = false;
      if (performance.now() - stretch > LONGEST_STRETCH_MS) {
        await nextTurn();
        stretch = performance.now();
      }
    }
    this.#examined = examined;
    return certain;
  }
}
