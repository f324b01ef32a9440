import type { JsonObject } from "../../json/value.ts";
import type { Accepted, DeliveryAnswer, DeliveryAttempt, Feed, LeasedRun, LeaseSource } from "../../sources/source.ts";

/** What a memory source remembers a lease by. */
export interface MemoryRef extends JsonObject {
  readonly lease: string;
}

/** One attempt to deliver a report to a memory source. */
export interface MemoryAttempt {
  /** The id of the run. */
  readonly run: string;
  readonly report: JsonObject;
  readonly attempt: DeliveryAttempt;
}

/** A durable lease source that a test feeds, and that keeps what was reported. */
export class MemorySource implements LeaseSource<MemoryRef> {
  readonly name = "memory";
  readonly delivery = "durable";
  readonly slots: number;
  /** Every attempt, in order. */
  readonly attempts: MemoryAttempt[] = [];
  /** How an attempt is answered. */
  answer: (attempt: MemoryAttempt) => DeliveryAnswer | Promise<DeliveryAnswer> = () => "accepted";
  readonly #feed = Promise.withResolvers<Feed>();

  constructor(slots = 16) {
    this.slots = slots;
  }

  /** Resolves when the runner leases. */
  get feed(): Promise<Feed> {
    return this.#feed.promise;
  }

  /** Waits for a slot and offers a run in it. */
  async offer(run: LeasedRun): Promise<Accepted> {
    const feed = await this.feed;
    return feed.offer({ ref: { lease: run.id }, run }, await feed.slot());
  }

  /** Ends when it is told to. */
  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    this.#feed.resolve(feed);
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise;
  }

  /** Remembers the attempt and answers as the test wants it. */
  async deliver({ lease }: MemoryRef, report: JsonObject, attempt: DeliveryAttempt): Promise<DeliveryAnswer> {
    const made = { run: lease, report, attempt };
    this.attempts.push(made);
    return this.answer(made);
  }
}
