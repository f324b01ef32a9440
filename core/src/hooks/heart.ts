/** One tap's place in the beat. */
export interface Pulse {
  readonly everyMs: () => number;
  lastDue: number;
  /** Since when its last call has been running, by `performance.now()`. */
  busySince: number | undefined;
}

/** Seldom enough to cost nothing, often enough that a changed interval is noticed. */
const LONGEST_SLEEP_MS = 1_000;

/** Beats: keeps every pulse on its own grid, without drift, and wakes only when one is due. */
export class Heart {
  readonly #beat: (dueAt: number) => void;
  readonly #pulses: Pulse[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param beat Calls the hook; each tap looks with `claim` whether it is meant. */
  constructor(beat: (dueAt: number) => void) {
    this.#beat = beat;
  }

  add(everySeconds: number | (() => number)): Pulse {
    const everyMs = typeof everySeconds === "function" ? () => everySeconds() * 1_000 : () => everySeconds * 1_000;
    const pulse = { everyMs, lastDue: performance.now(), busySince: undefined };
    this.#pulses.push(pulse);
    return pulse;
  }

  start(): void {
    const now = performance.now();
    for (const pulse of this.#pulses) pulse.lastDue = now;
    this.#sleep();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Whether the pulse is due now; moves it on along its grid, past beats that were missed. */
  static claim(pulse: Pulse, now: number): boolean {
    const every = pulse.everyMs();
    const missed = Math.floor((now - pulse.lastDue) / every);
    if (missed < 1) return false;
    pulse.lastDue += missed * every;
    return true;
  }

  #sleep(): void {
    if (this.#pulses.length === 0) return;
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
