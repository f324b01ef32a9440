import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcessFacts, ProcFiles } from "./proc-files.ts";
import type { Certainty } from "./tree.ts";

const LONGEST_STRETCH_MS = 4;

/** A process as a look shows it. */
export interface Sighting extends ProcessFacts {
  /** Soft and hard limit of file locks as they were when it was first asked for, later lowered or not. */
  readonly fileLocks: readonly bigint[];
}

/** Someone who wants to see every process that started at `since` or later, each the moment it is found. */
export interface Observer {
  readonly since: number;
  /** Whether to be shown a process that was seen before with this hard limit of file locks. */
  wants(pid: number, limit: bigint): boolean;
  see(process: Sighting): void;
}

/** When a process was last examined, by the machine's count of forks, and what it was found to be. */
interface Acquaintance {
  readonly startTime: number;
  readonly forks: number;
  /** Nothing until somebody has asked for it and found some: a process without any may yet be limited. */
  fileLocks: readonly bigint[] | undefined;
}

interface Request {
  readonly observer: Observer;
  readonly done: (certainty: Certainty) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Looks at all processes of the machine; whoever asks meanwhile shares the next look. Pids are given out in a circle, so until
 * the machine has forked a whole round a pid that was examined is still the same process: those are passed over that are
 * too old for everyone, or limited to a number that nobody looks for.
 */
export class Census {
  readonly #files: ProcFiles;
  readonly #waiting: Request[] = [];
  #acquaintances = new Map<number, Acquaintance>();
  #running = false;
  /** The first number that was the machine's youngest pid; another one since then shows that the machine tells it. */
  #firstYoungest: number | undefined;
  #youngestMoves = false;

  constructor(files: ProcFiles) {
    this.#files = files;
  }

  /** One look that starts after the call. */
  look(observer: Observer): Promise<Certainty> {
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
        const certainty = await this.#sweep(batch.map(({ observer }) => observer));
        for (const { done } of batch) done(certainty);
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    this.#running = false;
  }

  async #sweep(observers: readonly Observer[]): Promise<Certainty> {
    const since = Math.min(...observers.map((observer) => observer.since));
    const youngest = this.#youngest();
    const forks = this.#files.forks();
    const acquaintances = new Map<number, Acquaintance>();
    let clean = true;
    let stretch = performance.now();
    for (const pid of this.#files.pids()) {
      const before = this.#acquaintances.get(pid);
      const passed = before !== undefined && this.#isSame(before, forks) && isUnwanted(pid, before, since, observers);
      const now = passed ? before : this.#examine(pid, forks, observers);
      if (now) acquaintances.set(pid, now);
      else if (!before) clean = false;
      if (performance.now() - stretch > LONGEST_STRETCH_MS) {
        await nextTurn();
        stretch = performance.now();
      }
    }
    this.#acquaintances = acquaintances;
    // Without a new process between its ends, whoever lives now was listed, or seen when it was.
    if (youngest !== undefined && youngest === this.#youngest() && this.#youngestMoves) return "whole";
    return clean ? "clean" : "torn";
  }

  #youngest(): number | undefined {
    const youngest = this.#files.youngest();
    this.#firstYoungest ??= youngest;
    this.#youngestMoves ||= youngest !== this.#firstYoungest;
    return youngest;
  }

  #isSame(before: Acquaintance, forks: number): boolean {
    return forks - before.forks < this.#files.pidRound / 2;
  }

  #examine(pid: number, forks: number, observers: readonly Observer[]): Acquaintance | undefined {
    const facts = this.#files.facts(pid);
    if (!facts) return undefined;
    const before = this.#acquaintances.get(pid);
    const fileLocks = before?.startTime === facts.startTime ? before.fileLocks : undefined;
    const now: Acquaintance = { startTime: facts.startTime, forks, fileLocks };
    const sighting = this.#sightingOf(facts, now);
    for (const observer of observers) if (facts.startTime >= observer.since) observer.see(sighting);
    return now;
  }

  #sightingOf(facts: ProcessFacts, acquaintance: Acquaintance): Sighting {
    const files = this.#files;
    return {
      ...facts,
      get fileLocks() {
        const fileLocks = acquaintance.fileLocks ?? files.fileLocks(facts.pid);
        if (fileLocks.length > 0) acquaintance.fileLocks = fileLocks;
        return fileLocks;
      },
    };
  }
}

/** Too old for everyone, or limited, once and for all, to a number that nobody looks for. */
function isUnwanted(
  pid: number,
  { startTime, fileLocks }: Acquaintance,
  since: number,
  observers: readonly Observer[],
): boolean {
  if (startTime < since) return true;
  const limit = fileLocks?.at(-1);
  return limit !== undefined && !observers.some((observer) => observer.wants(pid, limit));
}
