import { agentBusy } from "../oken-error.ts";
import type { AgentCall, Serving } from "./serving.ts";

interface Waiter {
  readonly resolve: (call: AgentCall) => void;
  readonly reject: (reason: unknown) => void;
}

export interface GateLimits {
  /** Calls at once. */
  readonly concurrency: number;
  /** Calls that may wait, for a place or for the agent to wake up. */
  readonly queued: number;
}

/** Lets calls in while an agent serves, as many at once as it takes; others wait in order, in a bounded line. */
export class Gate {
  readonly #agentId: string;
  readonly #waiting = new Set<Waiter>();
  #limits: GateLimits;
  #serving: Serving | undefined;

  constructor(agentId: string, limits: GateLimits) {
    this.#agentId = agentId;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#serving !== undefined;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether a call is in flight or waits. */
  get busy(): boolean {
    return this.#waiting.size > 0 || (this.#serving?.inFlight ?? 0) > 0;
  }

  /** Rejects with `AGENT_BUSY` when the line is full, and with the signal's reason. */
  enter(signal: AbortSignal): Promise<AgentCall> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const free = this.#waiting.size === 0 ? this.#free() : undefined;
    if (free) return Promise.resolve(free.take());
    if (this.#waiting.size >= this.#limits.queued)
      return Promise.reject(agentBusy(this.#agentId, `${this.#waiting.size} calls wait already`));
    return this.#wait(signal);
  }

  open(serving: Serving, limits: GateLimits): void {
    this.#serving = serving;
    this.#limits = limits;
    this.admit();
  }

  /** Lets no further call in; those in flight go on. */
  close(): Serving | undefined {
    const serving = this.#serving;
    this.#serving = undefined;
    return serving;
  }

  /** Lets in who waits, as far as there are places. */
  admit(): void {
    for (const waiter of this.#waiting) {
      const serving = this.#free();
      if (!serving) return;
      this.#waiting.delete(waiter);
      waiter.resolve(serving.take());
    }
  }

  /** Sends away everyone who waits. */
  fail(reason: unknown): void {
    const waiters = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiters) waiter.reject(reason);
  }

  #free(): Serving | undefined {
    return this.#serving && this.#serving.inFlight < this.#limits.concurrency ? this.#serving : undefined;
  }

  async #wait(signal: AbortSignal): Promise<AgentCall> {
    const { promise, resolve, reject } = Promise.withResolvers<AgentCall>();
    const waiter: Waiter = { resolve, reject };
    const abort = () => {
      if (this.#waiting.delete(waiter)) reject(signal.reason);
    };
    this.#waiting.add(waiter);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
