interface Entry {
  readonly at: number;
  readonly onLate: () => void;
  open: boolean;
}

/**
 * Deadlines of one duration, first in first out, on one timer. Setting and clearing one costs a list entry, where a timer
 * each would cost a microsecond on the path of every tap.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `onLate` unless the returned function is called within the duration. */
  start(onLate: () => void): () => void {
    const entry = { at: performance.now() + this.#ms, onLate, open: true };
    this.#entries.push(entry);
    this.#schedule();
    return () => {
      entry.open = false;
      while (this.#entries[0]?.open === false) this.#entries.shift();
    };
  }

  #schedule(): void {
    const [first] = this.#entries;
    if (this.#timer || !first) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, first.at - performance.now()));
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let [first] = this.#entries; first && (!first.open || first.at <= now); [first] = this.#entries) {
      this.#entries.shift();
      if (first.open) first.onLate();
    }
    this.#schedule();
  }
}
