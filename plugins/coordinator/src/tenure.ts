interface Interval {
  readonly from: number;
  to: number;
}

/**
 * When this runner held its registration, as far as that is certain, in milliseconds of the monotonic clock. What was claimed
 * under its id at another time was claimed by somebody else: a twin that has the same identity, say.
 */
export class Tenure {
  readonly #past: Interval[] = [];
  #current: Interval | undefined;

  /** The registration is ours from `from` on; nothing changes where it was ours already. */
  begin(from: number): void {
    this.#current ??= { from, to: from };
  }

  /** At that moment the registration was still ours: the coordinator answered, or what was connected to it broke. */
  seen(at: number): void {
    if (this.#current) this.#current.to = Math.max(this.#current.to, at);
  }

  /** The registration is not ours any more, or the coordinator has forgotten it; from `takenAt` on it was somebody else's. */
  end(takenAt = Number.POSITIVE_INFINITY): void {
    if (this.#current) this.#past.push(this.#current);
    this.#current = undefined;
    for (const interval of this.#past) interval.to = Math.min(interval.to, takenAt);
    if (this.#past.length > MOST_INTERVALS) this.#past.shift();
  }

  /** Whether what was claimed at `earliest`, and by `latest`, was certainly claimed for this runner. */
  covers(earliest: number, latest: number): boolean {
    if (this.#current && earliest >= this.#current.from) return true;
    return this.#past.some(({ from, to }) => earliest >= from && latest <= to);
  }

  /** Since when the registration is ours; nothing when it is not. */
  get since(): number | undefined {
    return this.#current?.from;
  }
}

/** As many losses of the registration are remembered. */
const MOST_INTERVALS = 100;
