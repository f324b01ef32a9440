import type { Feed, Logger, Slot } from "leasehold";
import { Backoff, isPowerOfTwo, pause, unlessAborted } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { describeReply, isNotRegistered } from "./judgement.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";
import type { StopWatch } from "./stop-watch.ts";
import type { Timing } from "./timing.ts";

/** One late poll and one beside it. More would only be more ghosts. */
const MAX_OPEN = 2;

/** What a poll came to; `late` ones go on. */
type PollEnd = "answered" | "failed" | "unregistered" | "late" | "aborted";

export interface PollerSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly log: Logger;
  readonly timing: Timing;
  readonly feed: Feed;
  readonly stopWatch: StopWatch;
  /** The option; the coordinator's own time counts when it is longer. */
  readonly pollTimeoutSeconds: number;
  /** Takes the body of a 200 and owns the slot from then on. Never rejects; answers whether the body made sense. */
  readonly handle: (body: string, slot: Slot) => Promise<boolean>;
}

/** Asks the coordinator for work, one poll at a time, and one more beside a late one. */
export class Poller {
  readonly #settings: PollerSettings;
  readonly #open = new Set<Promise<PollEnd>>();
  /** Polls in a row that were answered "not registered"; from the second on registering anew did not help. */
  #forgotten = 0;

  constructor(settings: PollerSettings) {
    this.#settings = settings;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Settles when no poll is open. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /**
   * Polls until `signal` is aborted; a poll that is open then goes on, because its answer would be lost otherwise.
   * Rejects only when the runner has to register anew and is refused.
   */
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#settings.timing);
    let end: PollEnd = "answered";
    while (!signal.aborted) {
      const registered = this.#settings.registration.current;
      const slot = registered && (await this.#slot(signal));
      if (!registered || !slot) return;
      // A stop that the last poll should have brought is lost, for it is delivered at most once (protocol §2.3).
      if (end === "failed") void this.#settings.stopWatch.look(signal);
      end = await this.#poll(registered, slot, backoff, signal);
      await this.#follow(end, registered, backoff, signal);
    }
  }

  async #follow(end: PollEnd, registered: Registered, backoff: Backoff, signal: AbortSignal): Promise<void> {
    if (end === "answered") backoff.reset();
    if (end === "failed") await pause(backoff.next(), signal);
    this.#forgotten = end === "unregistered" ? this.#forgotten + 1 : 0;
    if (this.#forgotten === 0) return;
    await unlessAborted(this.#settings.registration.renew(registered), signal);
    if (this.#forgotten > 1) await pause(backoff.next(), signal);
  }

  /** A poll may bring a run, so it needs a slot to be opened, also beside a late one. Nothing when `signal` is aborted. */
  async #slot(signal: AbortSignal): Promise<Slot | undefined> {
    const { feed, stopWatch } = this.#settings;
    if (this.#open.size >= MAX_OPEN) await stopWatch.during(unlessAborted(Promise.race(this.#open), signal));
    if (signal.aborted) return undefined;
    const free = feed.trySlot();
    if (free) return free;
    try {
      return await stopWatch.during(feed.slot(signal));
    } catch (thrown) {
      if (signal.aborted) return undefined;
      throw thrown;
    }
  }

  async #poll(registered: Registered, slot: Slot, backoff: Backoff, signal: AbortSignal): Promise<PollEnd> {
    const { log, timing, pollTimeoutSeconds } = this.#settings;
    const seconds = Math.max(pollTimeoutSeconds, registered.pollTimeoutSeconds ?? 0);
    const settled = new AbortController();
    const poll = this.#exchange(registered, slot, backoff);
    this.#open.add(poll);
    void poll.finally(() => {
      this.#open.delete(poll);
      settled.abort();
    });
    const late = pause(seconds * 1_000 + timing.lateMs, AbortSignal.any([signal, settled.signal]));
    const end = await Promise.race([poll, late]);
    if (end) return end;
    if (signal.aborted) return "aborted";
    if (settled.signal.aborted) return poll;
    log.warn(
      { seconds: seconds + timing.lateMs / 1_000 },
      "a poll is late; it stays open, another one is opened beside it",
    );
    return "late";
  }

  /** One poll from request to handled answer. Never rejects, whatever was answered. */
  async #exchange(registered: Registered, slot: Slot, backoff: Backoff): Promise<PollEnd> {
    try {
      return await this.#ask(registered, slot, backoff);
    } catch (thrown) {
      slot.release();
      return this.#failed(thrown instanceof Error ? thrown.message : String(thrown), backoff);
    }
  }

  async #ask(registered: Registered, slot: Slot, backoff: Backoff): Promise<PollEnd> {
    const { client, handle, timing } = this.#settings;
    const path = `${registered.pollPath}?runner_id=${encodeURIComponent(registered.runnerId)}`;
    const reply = await client.send("GET", path, { timeoutMs: timing.abandonMs });
    if (reply.status === 200) return (await handle(reply.body, slot)) ? "answered" : "failed";
    slot.release();
    if (reply.status === 204) return "answered";
    if (isNotRegistered(reply)) return "unregistered";
    return this.#failed(`GET ${client.url}${registered.pollPath} answered ${describeReply(reply)}`, backoff);
  }

  #failed(problem: string, backoff: Backoff): PollEnd {
    const failures = backoff.failures + 1;
    if (isPowerOfTwo(failures)) this.#settings.log.warn({ failures }, `polling failed: ${problem}`);
    return "failed";
  }
}
