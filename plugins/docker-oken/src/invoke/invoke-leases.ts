import { randomUUID } from "node:crypto";
import { type Feed, LeaseholdError, type Outcome, type Slot } from "leasehold";
import { OkenError } from "../oken-error.ts";

/** A call on its way through the hooks. */
export interface InvokeLease {
  /** Rejects with an `OkenError` when the call was not taken: too many wait, or the runner ends. */
  readonly outcome: Promise<Outcome>;
  /** The caller has gone: the call is stopped, or leaves the line. */
  cancel(): void;
}

/** The agent's own limit and the runner's stand elsewhere; this only has to be longer. */
const LONGEST_RUN_SECONDS = 2_000_000;

/** Makes each call a lease of an attached source, as many at once as there are slots; further ones wait, up to a bound. */
export class InvokeLeases {
  readonly #feed: Feed;
  readonly #mostQueued: number;
  /** With a number for each call, its id: one that no other process has, at a fraction of the cost of a UUID each. */
  readonly #ids = `inv_${randomUUID()}`;
  #calls = 0;
  #queued = 0;

  constructor(feed: Feed, mostQueued: number) {
    this.#feed = feed;
    this.#mostQueued = mostQueued;
  }

  begin(agentId: string, input: string): InvokeLease {
    const id = `${this.#ids}-${++this.#calls}`;
    const run = {
      id,
      agent: { name: agentId, timeoutSeconds: LONGEST_RUN_SECONDS },
      session: { id, mode: "start" as const },
      parametersText: input,
    };
    const slot = this.#feed.trySlot();
    if (slot) {
      const { outcome } = this.#feed.offer({ ref: null, run }, slot);
      return { outcome, cancel: () => this.#stop(id) };
    }
    const gone = new AbortController();
    const outcome = this.#wait(gone.signal).then((late) => this.#feed.offer({ ref: null, run }, late).outcome);
    const cancel = () => {
      gone.abort(new Error("the caller closed the connection"));
      this.#stop(id);
    };
    return { outcome, cancel };
  }

  #stop(run: string): void {
    void this.#feed.stop({ run }, { message: "the caller closed the connection" });
  }

  async #wait(signal: AbortSignal): Promise<Slot> {
    if (this.#queued >= this.#mostQueued)
      throw new OkenError("AGENT_BUSY", `The runner is busy: ${this.#queued} calls wait already`);
    this.#queued++;
    try {
      const slot = await this.#feed.slot(signal);
      if (!signal.aborted) return slot;
      slot.release();
      throw signal.reason;
    } catch (thrown) {
      throw thrown instanceof LeaseholdError ? closing(thrown) : thrown;
    } finally {
      this.#queued--;
    }
  }
}

/** The runner leases no more. */
export function closing(cause?: unknown): OkenError {
  return new OkenError("AGENT_BUSY", "The runner is shutting down", { cause });
}
