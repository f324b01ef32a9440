import { messageOf } from "./errors/leasehold-error.ts";
import type { Logger } from "./log/logger.ts";
import type { Telemetry, TelemetryEvent } from "./telemetry.ts";

type Listener = (event: TelemetryEvent) => void;

/** Hands events to every listener at once; a listener that throws is dropped, so that it cannot harm a run. */
export class TelemetryHub implements Telemetry {
  readonly #listeners = new Set<Listener>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Whether it is worth building an event. */
  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: TelemetryEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#listeners.delete(listener);
        this.#log.warn({ err: thrown }, `a telemetry listener failed and was dropped: ${messageOf(thrown)}`);
      }
    }
  }
}
