import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";

/** Between attempts to write again; twice as long after each, up to the longest. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

/** Whether a journal can be written. While it cannot, has it tried again and again. */
export class JournalHealth {
  readonly #path: string;
  readonly #log: Logger;
  readonly #retry: () => unknown;
  readonly #listeners = new Set<(problem: Error | undefined) => void>();
  #problem: Error | undefined;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param retry Has the journal write, which ends in `mend` or `fail`. */
  constructor(path: string, log: Logger, retry: () => unknown) {
    this.#path = path;
    this.#log = log;
    this.#retry = retry;
  }

  get problem(): Error | undefined {
    return this.#problem;
  }

  watch(listener: (problem: Error | undefined) => void): () => void {
    this.#listeners.add(listener);
    if (this.#problem) listener(this.#problem);
    return () => void this.#listeners.delete(listener);
  }

  /** Answers the problem, which names the file. */
  fail(thrown: unknown): Error {
    const problem = new Error(`${this.#path}: ${messageOf(thrown)}`, { cause: thrown });
    const isNew = !this.#problem;
    this.#problem = problem;
    if (isNew) {
      this.#log.error(
        { err: problem },
        `the journal cannot be written, so nothing is leased until it can; running work goes on, and what is owed is kept in memory: ${problem.message}`,
      );
      this.#tell();
    }
    this.#retryLater();
    return problem;
  }

  mend(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#attempts = 0;
    if (!this.#problem) return;
    this.#problem = undefined;
    this.#log.info(`the journal can be written again: ${this.#path}`);
    this.#tell();
  }

  /** @param open How many leases only memory knows of, should there be a problem still. */
  end(open: number): void {
    clearTimeout(this.#timer);
    if (this.#problem && open > 0)
      this.#log.error(
        { open },
        `the journal could not be written until the end: ${open} runs in it may be out of date`,
      );
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#problem);
  }

  #retryLater(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#retry();
      },
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#attempts++, 10)),
    ).unref();
  }
}
