import type { TelemetryHub } from "../telemetry-hub.ts";
import type { Slot } from "./source.ts";

interface Waiter {
  readonly grant: (slot: Slot) => void;
}

/** A slot in which a run executes: the run gives it back, or sets it aside because something of it is still alive. */
export interface OccupiedSlot extends Slot {
  quarantine(): void;
}

/** The slots of one source: never more are out than there are; waiters are served in order, those who hold a run first. */
export class SlotPool {
  readonly #source: string;
  readonly #size: number;
  readonly #telemetry: TelemetryHub;
  /** Who waits for a slot; those who hold a run already come before those who would fetch one. */
  readonly #first = new Set<Waiter>();
  readonly #waiters = new Set<Waiter>();
  #busy = 0;
  #quarantined = 0;
  #paused = false;

  constructor(source: string, size: number, telemetry: TelemetryHub) {
    this.#source = source;
    this.#size = size;
    this.#telemetry = telemetry;
  }

  /** How many there are, are out, and are set aside. */
  get counts(): { readonly slots: number; readonly busy: number; readonly quarantined: number } {
    return { slots: this.#size, busy: this.#busy, quarantined: this.#quarantined };
  }

  /** No slot goes out until `resume`; whoever asks waits, or is told that none is free. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (let free = this.#size - this.#busy - this.#quarantined; free > 0; free--) {
      this.#busy++;
      this.#pass();
    }
  }

  tryTake(): Slot | undefined {
    if (this.#paused || this.#busy + this.#quarantined >= this.#size) return undefined;
    this.#busy++;
    this.#tell();
    return this.#slot();
  }

  /** Rejects with the signal's reason when it is aborted first. */
  take(signal: AbortSignal): Promise<Slot> {
    return this.#wait(this.#waiters, signal);
  }

  /** As `take`, before all who wait there. */
  takeFirst(signal: AbortSignal): Promise<Slot> {
    return this.#wait(this.#first, signal);
  }

  async #wait(line: Set<Waiter>, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const slot = this.tryTake();
    if (slot) return slot;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        line.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        grant: (granted) => {
          signal.removeEventListener("abort", giveUp);
          resolve(granted);
        },
      };
      line.add(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Takes a slot out of the source's hands for a run; nothing when it is not the source's to use (any more). */
  occupy(slot: Slot): OccupiedSlot | undefined {
    if (!(slot instanceof HeldSlot) || !slot.leave(this)) return undefined;
    let occupied = true;
    const leave = (back: () => void) => {
      if (occupied) back();
      occupied = false;
    };
    return { release: () => leave(() => this.#pass()), quarantine: () => leave(() => this.#setAside()) };
  }

  #slot(): Slot {
    return new HeldSlot(this, () => this.#pass());
  }

  #pass(): void {
    const waiter = this.#paused
      ? undefined
      : (this.#first.values().next().value ?? this.#waiters.values().next().value);
    if (waiter) {
      this.#first.delete(waiter);
      this.#waiters.delete(waiter);
      return waiter.grant(this.#slot());
    }
    this.#busy--;
    this.#tell();
  }

  #setAside(): void {
    this.#busy--;
    this.#quarantined++;
    this.#tell();
  }

  #tell(): void {
    if (!this.#telemetry.listening) return;
    this.#telemetry.tell({ type: "slot", source: this.#source, ...this.counts });
  }
}

/** A slot that a source holds until it uses it or gives it back, once. */
class HeldSlot implements Slot {
  readonly #pool: SlotPool;
  readonly release: () => void;
  #held = true;

  constructor(pool: SlotPool, back: () => void) {
    this.#pool = pool;
    this.release = () => {
      if (this.leave(pool)) back();
    };
    Object.freeze(this);
  }

  /** Takes it out of the source's hands; answers whether it was there, and this pool's. */
  leave(pool: SlotPool): boolean {
    if (!this.#held || pool !== this.#pool) return false;
    this.#held = false;
    return true;
  }
}
