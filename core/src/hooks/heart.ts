import { messageOf } from "../errors/leasehold-error.ts";

/** One tap's place in the beat. */
export interface Pulse {
  readonly plugin: string;
  /** Milliseconds from beat to beat; what the tap's own function answers, as long as it answers sense. */
  readonly everyMs: () => number;
  lastDue: number;
  /** Since when its last call has been running, by `performance.now()`. */
  busySince: number | undefined;
}

/** Seldom enough to cost nothing, often enough that a changed interval is noticed. */
const LONGEST_SLEEP_MS = 1_000;
/** For a tap whose function has not yet answered a number above 0. */
const FALLBACK_MS = 60_000;

/** Beats: keeps every pulse on its own grid, without drift, and wakes only when one is due. */
export class Heart {
  readonly #beat: (dueAt: number) => void;
  readonly #onFault: (plugin: string, problem: string) => void;
  readonly #pulses: Pulse[] = [];
  #timer: NodeJS.Timeout | undefined;
  #beating = false;

  /**
   * @param beat Calls the hook; each tap looks with `claim` whether it is meant.
   * @param onFault Hears of a tap whose interval is no number above 0, once until it is one again.
   */
  constructor(beat: (dueAt: number) => void, onFault: (plugin: string, problem: string) => void) {
    this.#beat = beat;
    this.#onFault = onFault;
  }

  add(plugin: string, everySeconds: number | (() => number)): Pulse {
    const everyMs =
      typeof everySeconds === "function" ? this.#guarded(plugin, everySeconds) : () => everySeconds * 1_000;
    const pulse = { plugin, everyMs, lastDue: performance.now(), busySince: undefined };
    this.#pulses.push(pulse);
    return pulse;
  }

  start(): void {
    const now = performance.now();
    for (const pulse of this.#pulses) pulse.lastDue = now;
    this.#beating = true;
    this.#sleep();
  }

  stop(): void {
    this.#beating = false;
    clearTimeout(this.#timer);
  }

  /** Whether the pulse is due now; moves it on along its grid, past beats that were missed. */
  static claim(pulse: Pulse, now: number): boolean {
    const every = pulse.everyMs();
    const missed = Math.floor((now - pulse.lastDue) / every);
    if (missed < 1) return false;
    pulse.lastDue += missed * every;
    return true;
  }

  /** The interval that a plugin's function answers; its last good one when it throws or answers nonsense. */
  #guarded(plugin: string, everySeconds: () => number): () => number {
    let last = FALLBACK_MS;
    let sound = true;
    return () => {
      const problem = problemOf(() => {
        const seconds = everySeconds();
        if (!(typeof seconds === "number" && seconds > 0)) throw new Error(`everySeconds answered ${seconds}`);
        last = seconds * 1_000;
      });
      if (problem !== undefined && sound) this.#onFault(plugin, problem);
      sound = problem === undefined;
      return last;
    };
  }

  #sleep(): void {
    if (this.#pulses.length === 0 || !this.#beating) return;
    clearTimeout(this.#timer);
    const now = performance.now();
    const wait = Math.min(LONGEST_SLEEP_MS, ...this.#pulses.map((pulse) => pulse.lastDue + pulse.everyMs() - now));
    this.#timer = setTimeout(
      () => {
        this.#beat(performance.now());
        this.#sleep();
      },
      Math.max(1, Math.ceil(wait)),
    );
    this.#timer.unref();
  }
}

function problemOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
