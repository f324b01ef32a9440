/** What became of a report: taken, a repetition that changed nothing, or refused because it contradicts. */
export type Verdict = "accepted" | "repeated" | "refused";

/** One answered request. */
export type RecordEntry = {
  /** When it was answered, in milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed JSON body; undefined when there was none or it was no JSON. */
  readonly body: unknown;
  /** The status answered; 499 when the client had gone before there was an answer. */
  readonly status: number;
  /** Present on reports about runs. */
  readonly verdict?: Verdict;
  /** What a poll delivered: `{ run }`, `{ stop_sessions }`, `{ sync_scripts, remove_scripts }` or `{ deregistered }`. */
  readonly delivered?: unknown;
};

type Waiter = { wanted: (entry: RecordEntry) => boolean; resolve: (entry: RecordEntry) => void };

/** Keeps the last requests in the order of their answers, for tests that check what a client really said. */
export class RecordBook {
  readonly entries: RecordEntry[] = [];
  readonly #limit: number;
  readonly #waiters = new Set<Waiter>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: RecordEntry): void {
    if (this.entries.length >= this.#limit) this.entries.shift();
    this.entries.push(entry);
    for (const waiter of this.#waiters) {
      if (!waiter.wanted(entry)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(entry);
    }
  }

  /** The first entry, kept or still to come, that is wanted. Rejects with the signal's reason when aborted first. */
  waitFor(wanted: (entry: RecordEntry) => boolean, signal?: AbortSignal): Promise<RecordEntry> {
    const kept = this.entries.find(wanted);
    if (kept) return Promise.resolve(kept);
    const { promise, resolve, reject } = Promise.withResolvers<RecordEntry>();
    const waiter = { wanted, resolve };
    this.#waiters.add(waiter);
    const abort = () => {
      this.#waiters.delete(waiter);
      reject(signal?.reason);
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }
}
