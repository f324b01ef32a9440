import type { AgentPool } from "../invoke/agent-pool.ts";

/** The right to call an agent once. */
export interface AgentCall {
  /** Connections to the agent's container, and to nothing else. */
  readonly dispatcher: AgentPool;
  readonly invokeTimeoutMs: number;
  /** To be called when the call has ended, however. A second time does nothing. */
  leave(): void;
}

/** A ready container and the calls that are in flight to it. */
export class Serving {
  readonly pool: AgentPool;
  readonly #invokeTimeoutMs: number;
  readonly #left: () => void;
  readonly #drained = Promise.withResolvers<void>();
  #inFlight = 0;
  #draining = false;

  /** @param left Told after each call. */
  constructor(pool: AgentPool, invokeTimeoutMs: number, left: () => void) {
    this.pool = pool;
    this.#invokeTimeoutMs = invokeTimeoutMs;
    this.#left = left;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  take(): AgentCall {
    this.#inFlight += 1;
    let open = true;
    return {
      dispatcher: this.pool,
      invokeTimeoutMs: this.#invokeTimeoutMs,
      leave: () => {
        if (!open) return;
        open = false;
        this.#leave();
      },
    };
  }

  /** Resolves when the last call has left. No call may be taken any more. */
  drained(): Promise<void> {
    this.#draining = true;
    if (this.#inFlight === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #leave(): void {
    this.#inFlight -= 1;
    if (this.#draining && this.#inFlight === 0) this.#drained.resolve();
    this.#left();
  }
}
