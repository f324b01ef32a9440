import { messageOf } from "./errors/leasehold-error.ts";
import type { Logger } from "./log/logger.ts";
import { SecretStore } from "./redaction/secret-store.ts";
import type { Telemetry, TelemetryEvent } from "./telemetry.ts";

/** What was subscribed; typed to answer, for an async function is a listener too. */
interface Subscription {
  readonly listener: (event: TelemetryEvent) => unknown;
}

/** Hands events to every listener at once; a listener that throws is dropped, so that it cannot harm a run. */
export class TelemetryHub implements Telemetry {
  readonly #subscriptions = new Set<Subscription>();
  readonly #log: Logger;
  readonly #secrets: SecretStore;

  constructor(log: Logger, secrets: SecretStore = new SecretStore()) {
    this.#log = log;
    this.#secrets = secrets;
  }

  /** Whether it is worth building an event. */
  get listening(): boolean {
    return this.#subscriptions.size > 0;
  }

  subscribe(listener: (event: TelemetryEvent) => void): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  tell(told: TelemetryEvent): void {
    const event = this.#masked(told);
    for (const subscription of this.#subscriptions) {
      try {
        const answer = subscription.listener(event);
        if (answer instanceof Promise) answer.catch((thrown) => this.#drop(subscription, thrown));
      } catch (thrown) {
        this.#drop(subscription, thrown);
      }
    }
  }

  /** Results went through an exit of their own, which leaves in them what is theirs. */
  #masked(event: TelemetryEvent): TelemetryEvent {
    if (event.type !== "outcome") return this.#secrets.maskValue("telemetry", event);
    const { outcome, ...about } = event;
    const { result, ...rest } = outcome;
    const masked = this.#secrets.maskValue("telemetry", rest);
    const isSame = masked === rest;
    return {
      ...this.#secrets.maskValue("telemetry", about),
      outcome: isSame ? outcome : Object.freeze({ ...masked, ...(result ? { result } : {}) }),
    };
  }

  #drop(subscription: Subscription, thrown: unknown): void {
    if (!this.#subscriptions.delete(subscription)) return;
    this.#log.warn({ err: thrown }, `a telemetry listener failed and was dropped: ${messageOf(thrown)}`);
  }
}
