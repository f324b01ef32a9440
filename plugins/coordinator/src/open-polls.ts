import type { Slot } from "leasehold";

/** What a poll came to. `news`: it brought something that was not known. */
export type PollEnd = "news" | "nothing" | "failed" | "unregistered";

/** A poll that is open, with the slot for the run that it may bring. */
export class OpenPoll {
  readonly openedAt = performance.now();
  readonly end: Promise<PollEnd>;
  #slot: Slot | undefined;

  /** @param ask The poll; it never rejects. Its slot is what `takeSlot` answers when the poll is over. */
  constructor(slot: Slot, ask: (poll: OpenPoll) => Promise<PollEnd>) {
    this.#slot = slot;
    this.end = ask(this);
  }

  /** The slot, once: for a run, to be given back, or for another poll when this one is late. */
  takeSlot(): Slot | undefined {
    const slot = this.#slot;
    this.#slot = undefined;
    return slot;
  }
}

/** The polls that are open. */
export class OpenPolls {
  readonly #open = new Set<OpenPoll>();

  get size(): number {
    return this.#open.size;
  }

  add(poll: OpenPoll): void {
    this.#open.add(poll);
    void poll.end.finally(() => this.#open.delete(poll));
  }

  /** Settles when one of them ends. */
  async one(): Promise<void> {
    await Promise.race([...this.#open].map(({ end }) => end));
  }

  /** Settles when every poll has ended that was opened before that moment of the monotonic clock. */
  async before(at: number): Promise<void> {
    const earlier = () => [...this.#open].filter(({ openedAt }) => openedAt < at);
    for (let polls = earlier(); polls.length > 0; polls = earlier()) await Promise.all(polls.map(({ end }) => end));
  }
}
