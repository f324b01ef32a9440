import type { TelemetryHub } from "../telemetry-hub.ts";
import type { Slot } from "./source.ts";

interface Waiter {
  readonly grant: (slot: PooledSlot) => void;
}

/** A slot that can also be set aside because something of its run is still alive. */
export interface PooledSlot extends Slot {
  quarantine(): void;
}

/** The slots of one source: never more are out than there are; waiters are served in order. */
export class SlotPool {
  readonly #source: string;
  readonly #size: number;
  readonly #telemetry: TelemetryHub;
  readonly #waiters: Waiter[] = [];
  #busy = 0;
  #quarantined = 0;

  constructor(source: string, size: number, telemetry: TelemetryHub) {
    this.#source = source;
    this.#size = size;
    this.#telemetry = telemetry;
  }

  tryTake(): PooledSlot | undefined {
    if (this.#busy + this.#quarantined >= this.#size) return undefined;
    this.#busy++;
    this.#tell();
    return this.#slot();
  }

  /** Rejects with the signal's reason when it is aborted first. */
  async take(signal: AbortSignal): Promise<PooledSlot> {
    signal.throwIfAborted();
    const slot = this.tryTake();
    if (slot) return slot;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        grant: (granted) => {
          signal.removeEventListener("abort", giveUp);
          resolve(granted);
        },
      };
      this.#waiters.push(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #slot(): PooledSlot {
    let held = true;
    const give = (back: () => void) => {
      if (!held) return;
      held = false;
      back();
    };
    return {
      release: () => give(() => this.#pass()),
      quarantine: () =>
        give(() => {
          this.#busy--;
          this.#quarantined++;
          this.#tell();
        }),
    };
  }

  #pass(): void {
    const waiter = this.#waiters.shift();
    if (waiter) return waiter.grant(this.#slot());
    this.#busy--;
    this.#tell();
  }

  #tell(): void {
    if (!this.#telemetry.listening) return;
    const [busy, slots, quarantined] = [this.#busy, this.#size, this.#quarantined];
    this.#telemetry.tell({ type: "slot", source: this.#source, busy, slots, quarantined });
  }
}
