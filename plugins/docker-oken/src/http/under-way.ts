/** Work that is to end before the runner does. */
export class UnderWay {
  #count = 0;
  #idle = Promise.withResolvers<void>();

  constructor() {
    this.#idle.resolve();
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#count++ === 0) this.#idle = Promise.withResolvers();
    try {
      return await work();
    } finally {
      if (--this.#count === 0) this.#idle.resolve();
    }
  }

  /** Resolves when there is none. */
  idle(): Promise<void> {
    return this.#idle.promise;
  }
}
