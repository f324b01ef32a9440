import { agentBusy } from "../oken-error.ts";

/** Whoever runs, as the places see it. */
export interface PlaceHolder {
  readonly agentId: string;
  /** When it was last used, on the monotonic clock; nothing when it may not be stopped now. */
  readonly idleSince: number | undefined;
  /** Stops it unless it was used meanwhile, and gives its place back. */
  makeRoom(): Promise<void>;
}

/** At most so many agents run at once; who wants to run takes the place of the one that was idle for longest. */
export class Places {
  readonly #most: number;
  readonly #held = new Set<PlaceHolder>();
  #changed = Promise.withResolvers<void>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits for a place. Rejects with `AGENT_BUSY` when the signal is aborted before one is free. */
  async take(holder: PlaceHolder, signal: AbortSignal): Promise<void> {
    while (!this.#held.has(holder) && this.#held.size >= this.#most) {
      if (signal.aborted) throw agentBusy(holder.agentId, `${this.#most} agents run and none is idle`);
      await this.#makeRoom(signal);
    }
    this.#held.add(holder);
  }

  /** Takes a place where one is free without anybody's having to stop. Answers whether there was one. */
  takeFree(holder: PlaceHolder): boolean {
    const free = this.#held.has(holder) || this.#held.size < this.#most;
    if (free) this.#held.add(holder);
    return free;
  }

  /** For who runs already. */
  hold(holder: PlaceHolder): void {
    this.#held.add(holder);
  }

  free(holder: PlaceHolder): void {
    if (this.#held.delete(holder)) this.changed();
  }

  /** Somebody has become idle, or ended. */
  changed(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #makeRoom(signal: AbortSignal): Promise<void> {
    const { promise } = this.#changed;
    const victim = this.#leastRecentlyUsed();
    if (victim) return await victim.makeRoom();
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
  }

  #leastRecentlyUsed(): PlaceHolder | undefined {
    const idle = [...this.#held].flatMap((holder) =>
      holder.idleSince === undefined ? [] : [{ holder, since: holder.idleSince }],
    );
    return idle.sort((one, other) => one.since - other.since)[0]?.holder;
  }
}
