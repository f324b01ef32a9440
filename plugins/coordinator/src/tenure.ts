/** Milliseconds of the monotonic clock. */
interface Interval {
  readonly from: number;
  /** When something last spoke for it. */
  to: number;
  /** When the coordinator's list last showed it as ours. */
  shownAt: number;
  /** From then on it was, or may have been, somebody else's. */
  until: number;
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
    this.#current ??= { from, to: from, shownAt: from, until: Number.POSITIVE_INFINITY };
  }

  /** At that moment the registration was still ours: the coordinator answered, or what was connected to it broke. */
  seen(at: number): void {
    if (this.#current) this.#current.to = Math.max(this.#current.to, at);
  }

  /** At that moment it was ours beyond doubt: a look at the coordinator's list that was sent then found us there. */
  shown(at: number): void {
    if (this.#current) this.#current.shownAt = Math.max(this.#current.shownAt, at);
    this.seen(at);
  }

  /** The registration is not ours any more, or the coordinator has forgotten it; from `takenAt` on it was somebody else's. */
  end(takenAt = Number.POSITIVE_INFINITY): void {
    if (this.#current) this.#past.push(this.#current);
    this.#current = undefined;
    for (const one of this.#past) one.until = Math.min(one.until, Math.max(takenAt, one.shownAt));
    if (this.#past.length > MOST_INTERVALS) this.#past.shift();
  }

  /** Whether what was claimed at `earliest` at the earliest, and at `latest` at the latest, was claimed for this runner. */
  covers(earliest: number, latest: number): boolean {
    if (this.#current && earliest >= this.#current.from) return true;
    return this.#past.some(({ from, to, until }) => earliest >= from && earliest <= to && latest <= until);
  }

  /** Since when the registration is ours; nothing when it is not. */
  get since(): number | undefined {
    return this.#current?.from;
  }
}

/** As many losses of the registration are remembered. */
const MOST_INTERVALS = 100;
