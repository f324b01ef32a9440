/** Does one piece of work after another, in the order in which they were asked for. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Whether nothing is under way or in line. */
  get empty(): boolean {
    return this.#length === 0;
  }

  /** Answers what the work answers; its failure stops nobody behind it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#length += 1;
    const result = this.#last.then(async () => {
      try {
        return await work();
      } finally {
        this.#length -= 1;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
