import type { Feed, Logger } from "leasehold";
import { pause } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { listedRuns } from "./listed-runs.ts";
import type { Registration } from "./registration.ts";

export interface StopWatchSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly log: Logger;
  readonly feed: Feed;
  readonly everyMs: number;
}

/** Hears stops that no poll brings: because none may be open, or because one broke that may have brought them. */
export class StopWatch {
  readonly #settings: StopWatchSettings;
  #told: ReadonlySet<string> = new Set();

  constructor(settings: StopWatchSettings) {
    this.#settings = settings;
  }

  /** Watches until `wait` settles, and settles likewise. */
  async during<T>(wait: Promise<T>): Promise<T> {
    const over = new AbortController();
    void this.until(over.signal);
    try {
      return await wait;
    } finally {
      over.abort();
    }
  }

  /** Watches until `signal` is aborted. Never rejects. */
  async until(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#settings.everyMs, signal);
      if (signal.aborted) return;
      await this.look(signal);
    }
  }

  /** Looks once. Never rejects. */
  async look(signal: AbortSignal): Promise<void> {
    const { feed, log } = this.#settings;
    if (feed.running().length === 0) return;
    await this.#check(signal).catch((err: unknown) => log.debug({ err }, "looking for runs to stop failed"));
  }

  /** Each run is told once for as long as it is listed. */
  async #check(signal: AbortSignal): Promise<void> {
    const { client, registration, feed, log } = this.#settings;
    const runnerId = registration.current?.runnerId;
    if (runnerId === undefined) return;
    const listed = (await listedRuns(client, "stopping", runnerId, signal)) ?? [];
    const running = new Set(feed.running());
    const toStop = listed.map(({ run_id }) => run_id).filter((run) => running.has(run));
    for (const run of toStop.filter((id) => !this.#told.has(id))) {
      log.info({ run_id: run }, "the coordinator wants a run stopped");
      void feed.stop({ run }).catch((err: unknown) => log.warn({ err, run_id: run }, "a run could not be stopped"));
    }
    this.#told = new Set(toStop);
  }
}
