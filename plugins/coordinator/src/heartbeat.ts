import type { CoordinatorClient } from "./client.ts";
import { describeReply, isNotRegistered, isSuccess } from "./judgement.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";

export interface HeartbeatSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  /** The option; the coordinator's own interval counts when it is shorter. */
  readonly everySeconds: number;
  readonly staleMs: number;
}

/** Tells the coordinator that this runner is alive. */
export class Heartbeat {
  readonly #settings: HeartbeatSettings;
  #registered: Registered | undefined;
  #heardAt = 0;

  constructor(settings: HeartbeatSettings) {
    this.#settings = settings;
  }

  everySeconds(): number {
    const { everySeconds, registration } = this.#settings;
    return Math.min(everySeconds, registration.current?.heartbeatSeconds ?? everySeconds);
  }

  /** One beat; nothing before the registration. Rejects when it was not heard, for the hook to log and count. */
  async beat(): Promise<void> {
    const { client, registration, staleMs } = this.#settings;
    const registered = registration.current;
    if (!registered) return;
    if (registered !== this.#registered) this.#heard(registered);
    const body = JSON.stringify({ runner_id: registered.runnerId });
    const reply = await client.send("POST", "/runner/heartbeat", { body, repeatable: true });
    if (isNotRegistered(reply)) {
      await registration.renew(registered);
      return;
    }
    if (!isSuccess(reply)) throw new Error(`${client.url} answered ${describeReply(reply)} to a heartbeat`);
    if (performance.now() - this.#heardAt >= staleMs) await registration.refresh();
    this.#heard(registered);
  }

  #heard(registered: Registered): void {
    this.#registered = registered;
    this.#heardAt = performance.now();
  }
}
