type Waiter = { runnerId: string; wake: () => void; onlyOwn: boolean };

/** The open polls that found no work. Whoever makes work wakes them, the longest waiting first. */
export class Waiting {
  readonly #waiters = new Set<Waiter>();
  readonly #watchers = new Set<{ runnerId: string; resolve: () => void }>();

  /** Resolves when a poll of this runner waits, at once if one does already. */
  whenWaiting(runnerId: string): Promise<void> {
    if ([...this.#waiters].some((waiter) => waiter.runnerId === runnerId)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.add({ runnerId, resolve });
    return promise;
  }

  /**
   * Resolves at the next wake-up, after `milliseconds`, or when the signal aborts; never rejects. With `onlyOwn`
   * only a wake-up that names this runner counts.
   */
  wait(runnerId: string, milliseconds: number, signal: AbortSignal, onlyOwn = false): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      this.#waiters.delete(waiter);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    const waiter = { runnerId, wake, onlyOwn };
    this.#waiters.add(waiter);
    signal.addEventListener("abort", wake, { once: true });
    this.#tellWatchers(runnerId);
    return promise;
  }

  /** Wakes every waiting poll, or those of one runner. */
  wake(runnerId?: string): void {
    for (const waiter of [...this.#waiters]) {
      if (runnerId === undefined ? !waiter.onlyOwn : waiter.runnerId === runnerId) waiter.wake();
    }
  }

  #tellWatchers(runnerId: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.runnerId !== runnerId) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }
}
