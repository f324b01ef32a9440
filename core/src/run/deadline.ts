import { RunAborted } from "./aborted.ts";
import type { RunState } from "./run-state.ts";

/** Time that an executor has, beyond the grace of what it ends, to answer after its run was told to end. */
export const ANSWER_SECONDS = 5;
/** The longest that timers can wait; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Watches one run: aborts it when its time is up, and says when it does not come back from that. */
export class RunDeadline {
  readonly #run: RunState;
  readonly #onStuck: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** Of the timer, as long as the run was not told to end. */
  #seconds = 0;

  /** @param onStuck Told when the run gave no answer within grace + 5 s after it was told to end. */
  constructor(run: RunState, onStuck: () => void) {
    this.#run = run;
    this.#onStuck = onStuck;
    run.watchAbort(() => this.#awaitAnswer());
    if (run.signal.aborted) this.#awaitAnswer();
    else this.#arm();
  }

  /** Seconds a plugin has to answer after the abort. */
  get answerSeconds(): number {
    return this.#run.limits.graceSeconds + ANSWER_SECONDS;
  }

  /** Starts the time anew: execution begins. */
  restart(): void {
    if (this.#run.signal.aborted) return;
    if (this.#run.limits.timeoutSeconds === this.#seconds) this.#timer?.refresh();
    else this.#arm();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#run.watchAbort(undefined);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { timeoutSeconds } = this.#run.limits;
    const expire = () => this.#run.abort(new RunAborted("timeout", `the run took longer than ${timeoutSeconds} s`));
    this.#seconds = timeoutSeconds;
    this.#timer = after(timeoutSeconds, expire);
  }

  #awaitAnswer(): void {
    clearTimeout(this.#timer);
    this.#timer = after(this.answerSeconds, this.#onStuck);
  }
}

function after(seconds: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(seconds * 1_000, LONGEST_TIMER_MS));
}
