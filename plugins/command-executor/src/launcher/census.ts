import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcessFacts, ProcFiles } from "./proc-files.ts";

const LONGEST_STRETCH_MS = 4;

/** A process as a look shows it. */
export interface Sighting extends ProcessFacts {
  /** Soft and hard limit of file locks, read when first asked for. */
  readonly fileLocks: readonly bigint[];
}

/** Someone who wants to see every process that started at `since` or later, each the moment it is found. */
export interface Observer {
  readonly since: number;
  see(process: Sighting): void;
}

/** When a process was last examined, by the machine's count of forks. */
interface Acquaintance {
  readonly startTime: number;
  readonly forks: number;
}

interface Request {
  readonly observer: Observer;
  readonly done: (certain: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Looks at all processes of the machine; whoever asks meanwhile shares the next look. Pids are given out in a circle, so until
 * the machine has forked a whole round a pid that was examined is still the same process: the old ones are passed over.
 */
export class Census {
  readonly #files: ProcFiles;
  readonly #waiting: Request[] = [];
  #acquaintances = new Map<number, Acquaintance>();
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
    const since = Math.min(...observers.map((observer) => observer.since));
    const forks = this.#files.forks();
    const acquaintances = new Map<number, Acquaintance>();
    let certain = true;
    let stretch = performance.now();
    for (const pid of this.#files.pids()) {
      const before = this.#acquaintances.get(pid);
      const now = this.#isOld(before, since, forks) ? before : this.#examine(pid, forks, observers);
      if (now) acquaintances.set(pid, now);
      else if (!before) certain = false;
      if (performance.now() - stretch > LONGEST_STRETCH_MS) {
        await nextTurn();
        stretch = performance.now();
      }
    }
    this.#acquaintances = acquaintances;
    return certain;
  }

  #isOld(before: Acquaintance | undefined, since: number, forks: number): boolean {
    return before !== undefined && before.startTime < since && forks - before.forks < this.#files.pidRound / 2;
  }

  #examine(pid: number, forks: number, observers: readonly Observer[]): Acquaintance | undefined {
    const facts = this.#files.facts(pid);
    if (!facts) return undefined;
    const sighting = this.#sightingOf(facts);
    for (const observer of observers) if (facts.startTime >= observer.since) observer.see(sighting);
    return { startTime: facts.startTime, forks };
  }

  #sightingOf(facts: ProcessFacts): Sighting {
    const files = this.#files;
    let locks: readonly bigint[] | undefined;
    return {
      ...facts,
      get fileLocks() {
        locks ??= files.fileLocks(facts.pid);
        return locks;
      },
    };
  }
}
