import type { Accepted, DeliveryAnswer, Feed, LeaseSource } from "leasehold";

/** A durable source without any protocol: what it is told to offer, it offers, and whatever it is told it accepts. */
export class MemorySource implements LeaseSource {
  readonly name = "memory";
  readonly delivery = "durable";
  readonly slots: number;
  readonly #feed = Promise.withResolvers<Feed>();
  readonly #released = new Map<string, () => void>();
  #runs = 0;

  constructor(slots: number) {
    this.slots = slots;
  }

  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    this.#feed.resolve(feed);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async deliver(): Promise<DeliveryAnswer> {
    return "accepted";
  }

  release(run: unknown): void {
    this.#released.get(String(run))?.();
    this.#released.delete(String(run));
  }

  /** Offers a run in a free slot. */
  async offer(agent: string): Promise<Accepted> {
    return this.#offer(agent, `run-${++this.#runs}`);
  }

  /** Offers a run and waits until every report of it is delivered. */
  async pass(agent: string): Promise<void> {
    const id = `run-${++this.#runs}`;
    const released = new Promise<void>((resolve) => this.#released.set(id, resolve));
    const { outcome } = await this.#offer(agent, id);
    const { status, error } = await outcome;
    if (status !== "succeeded") throw new Error(`a run ${status}: ${error?.message}`);
    await released;
  }

  async #offer(agent: string, id: string): Promise<Accepted> {
    const feed = await this.#feed.promise;
    const run = {
      id,
      agent: { name: agent, command: agent === "sleeper" ? "agents/sleeper" : "agents/hello" },
      session: { id: `session-of-${id}`, mode: "start" as const },
      parametersText: "{}",
    };
    return feed.offer({ ref: id, run }, await feed.slot());
  }
}
