import type { AgentState } from "./agent-state.ts";
import type { Duty } from "./duty.ts";

/** A call waits for a crashed agent's next start, if that is not further away. */
const LONGEST_WAIT_MS = 10_000;

/** What follows when an agent crashed, or could not be started: it is started again, at last no more by itself (OKEN-D31). */
export class Crashes {
  readonly #state: AgentState;
  readonly #duty: Duty;
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: AgentState, duty: Duty, wake: () => void) {
    this.#state = state;
    this.#duty = duty;
    this.#wake = wake;
  }

  /** Whether the next start has its time, which no call brings forward. */
  get hasAppointment(): boolean {
    return this.#state.life === "crashed" && this.#state.restarts.waitMs > 0 && this.#timer !== undefined;
  }

  /** Milliseconds until the next start, where that is too far away for a call to wait; otherwise nothing. */
  get tooLongMs(): number | undefined {
    const { life, restarts } = this.#state;
    const wait = life === "crashed" ? restarts.waitMs : 0;
    return wait <= LONGEST_WAIT_MS ? undefined : wait;
  }

  async crashed(reason: string): Promise<void> {
    const { agentId, over, keeper, parts, restarts } = this.#state;
    this.#duty.cease("crashed");
    if (over.signal.aborted) return;
    keeper.change({ error: `crashed: ${reason}` });
    const delay = restarts.down();
    const plan =
      delay === undefined ? "it is not started again until it is called" : `it is started again in ${delay} ms`;
    parts.log.error({ agent: agentId }, `agent ${agentId} crashed: ${reason}; ${plan}`);
    this.#state.tell({ act: "crashed", reason });
    this.#timer = delay === undefined ? undefined : setTimeout(() => this.#restart(), delay).unref();
    await this.#state.save("running");
  }

  /** It is not started again by itself. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    this.#timer = undefined;
    this.#wake();
  }
}
