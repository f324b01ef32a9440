import type { CoordinatorClient } from "./client.ts";
import { describeReply, isAcknowledged, isNotRegistered } from "./judgement.ts";
import type { Registration } from "./registration.ts";

export interface HeartbeatSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  /** The option; the coordinator's own interval counts when it is shorter. */
  readonly everySeconds: number;
  readonly staleMs: number;
  /** Called when the coordinator took a beat, with the moment at which it was sent. */
  readonly onHeard?: (sentAt: number) => void;
}

/** Tells the coordinator that this runner is alive. */
export class Heartbeat {
  readonly #settings: HeartbeatSettings;

  constructor(settings: HeartbeatSettings) {
    this.#settings = settings;
  }

  everySeconds(): number {
    const { everySeconds, registration } = this.#settings;
    return Math.min(everySeconds, registration.current?.heartbeatSeconds ?? everySeconds);
  }

  /**
   * One beat; nothing before the registration, nor while a twin has it: that one is not to be kept alive. Rejects when it was
   * not heard, for the hook to log and count.
   */
  async beat(): Promise<void> {
    const { client, registration, staleMs, onHeard } = this.#settings;
    const registered = registration.current;
    if (!registered || registration.isSuperseded) return;
    const [sentAt, silentMs] = [performance.now(), registration.silentMs];
    const body = JSON.stringify({ runner_id: registered.runnerId });
    const reply = await client.send("POST", "/runner/heartbeat", { body, repeatable: true });
    if (isNotRegistered(reply)) {
      await registration.renew(registered);
      return;
    }
    if (!isAcknowledged(reply)) throw new Error(`${client.url} answered ${describeReply(reply)} to a heartbeat`);
    onHeard?.(sentAt);
    // The coordinator takes a stale runner's beats but leaves it stale, and a twin may have come in its place.
    if (silentMs >= staleMs) await registration.verify();
    else registration.confirmed(sentAt);
  }
}
