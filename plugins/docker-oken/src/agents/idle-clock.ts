/** Milliseconds of idleness after which something is done; nothing is done where none is stated. */
export interface IdleLimits {
  readonly freezeMs?: number;
  readonly stopMs?: number;
}

export type IdleAct = "freeze" | "stop";

/**
 * Says when an agent has been idle for long enough. Counts from the end of the last call, or from readiness
 * (OKEN-D16, OKEN-D17). One timer that is seldom set: calls cost it nothing.
 */
export class IdleClock {
  readonly #due: { readonly act: IdleAct; readonly ms: number } | undefined;
  readonly #isIdle: () => boolean;
  readonly #act: (act: IdleAct) => void;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(limits: IdleLimits, isIdle: () => boolean, act: (act: IdleAct) => void) {
    this.#due = firstDue(limits);
    this.#isIdle = isIdle;
    this.#act = act;
  }

  /** The agent has just become idle. */
  idle(): void {
    this.#since = performance.now();
    if (this.#due && !this.#timer) this.#arm(this.#due.ms);
  }

  /** Asks again later, after what was due could not be done. */
  again(ms: number): void {
    if (this.#due && !this.#timer) this.#arm(ms);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.ceil(ms), LONGEST_TIMER_MS)).unref();
  }

  #ring(): void {
    this.#timer = undefined;
    // The end of the calls in flight sets the clock anew.
    if (!this.#due || !this.#isIdle()) return;
    const left = this.#since + this.#due.ms - performance.now();
    if (left > 0) this.#arm(left);
    else this.#act(this.#due.act);
  }
}

/** Timers take 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** An agent that is frozen is not stopped any more. */
function firstDue({ freezeMs, stopMs }: IdleLimits): { act: IdleAct; ms: number } | undefined {
  if (freezeMs !== undefined && (stopMs === undefined || freezeMs < stopMs)) return { act: "freeze", ms: freezeMs };
  return stopMs === undefined ? undefined : { act: "stop", ms: Math.max(stopMs, 0) };
}
