import type { Accepted, Feed, JsonValue, Offer, Slot, StopAnswer, StopTarget } from "leasehold";

/** A feed with counted slots that records what a source does with it. */
export class HandMadeFeed implements Feed {
  readonly offers: Offer[] = [];
  readonly stops: StopTarget[] = [];
  readonly reasons: Parameters<Feed["stop"]>[1][] = [];
  readonly runs = new Set<string>();
  /** Settled before. */
  readonly past = new Set<string>();
  readonly notes = new Map<string, JsonValue>();
  /** Runs that were offered without a slot. */
  readonly inLine: string[] = [];
  /** How often it was waited for what is owed, and how much of it stays. */
  flushes = 0;
  owed = 0;
  stopAnswer: StopAnswer = "stopping";
  /** Thrown by the next offer. */
  offerFault: Error | undefined;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(slots = 16) {
    this.#free = slots;
  }

  get free(): number {
    return this.#free;
  }

  trySlot(): Slot | undefined {
    return this.#free > 0 ? this.#take() : undefined;
  }

  async slot(signal?: AbortSignal): Promise<Slot> {
    while (this.#free === 0) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    signal?.throwIfAborted();
    return this.#take();
  }

  offer(offer: Offer, slot?: Slot): Accepted {
    if (this.offerFault) throw this.offerFault;
    const known = this.runs.has(offer.run.id);
    if (known) slot?.release();
    this.offers.push(offer);
    if (!slot) this.inLine.push(offer.run.id);
    this.runs.add(offer.run.id);
    this.#wake();
    return { verdict: known ? "joined" : "started", outcome: new Promise(() => {}) };
  }

  async stop(target: StopTarget, reason?: Parameters<Feed["stop"]>[1]): Promise<StopAnswer> {
    this.stops.push(target);
    this.reasons.push(reason);
    this.#wake();
    return this.stopAnswer;
  }

  async flush(): Promise<number> {
    this.flushes++;
    return this.owed;
  }

  knows(run: string): boolean {
    return this.runs.has(run) || this.past.has(run);
  }

  running(): readonly string[] {
    return [...this.runs];
  }

  async remember(key: string, value: JsonValue): Promise<void> {
    this.notes.set(key, value);
  }

  recall(key: string): JsonValue {
    return this.notes.get(key) ?? null;
  }

  /** A run ended: its slot is free again. */
  end(run: string): void {
    this.runs.delete(run);
    this.#release();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await promise;
      this.#watchers.delete(resolve);
    }
  }

  #take(): Slot {
    this.#free--;
    let held = true;
    const release = () => {
      if (held) this.#release();
      held = false;
    };
    return { release };
  }

  #release(): void {
    this.#free++;
    this.#waiting.shift()?.();
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }
}
