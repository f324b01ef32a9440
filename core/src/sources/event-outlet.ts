import type { RunEvent } from "../run/run.ts";

type StampedEvent = RunEvent & { readonly timestamp: string };

/** Events of one run that may wait for delivery; more are dropped. */
const MOST_WAITING = 1_000;

/** Passes a run's events on without ever blocking it: past the bound they are dropped, and one marker says how many. */
export class EventOutlet {
  readonly #waiting: () => number;
  readonly #pass: (event: StampedEvent) => void;
  #dropped = 0;

  constructor(waiting: () => number, pass: (event: StampedEvent) => void) {
    this.#waiting = waiting;
    this.#pass = pass;
  }

  emit(event: StampedEvent): void {
    if (this.#waiting() >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.mark();
    this.#pass(event);
  }

  /** Passes the marker for what was dropped, if anything was. */
  mark(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#pass({ type: "events_dropped", timestamp: new Date().toISOString(), data: { dropped } });
  }
}
