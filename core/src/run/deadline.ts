import { RunAborted } from "./aborted.ts";
import type { RunState } from "./run-state.ts";

/** Time that an executor has, beyond the grace of what it ends, to answer after its run was told to end. */
export const ANSWER_SECONDS = 5;
/** The longest that timers can wait; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Watches one run: aborts it when its time is up, and says when it does not come back from that. */
export class RunDeadline {
  readonly #run: RunState;
  #timer: NodeJS.Timeout | undefined;
  readonly #stuck = Promise.withResolvers<"stuck">();

  constructor(run: RunState) {
    this.#run = run;
    run.signal.addEventListener("abort", this.#awaitAnswer, { once: true });
    if (run.signal.aborted) this.#awaitAnswer();
    else this.#rearm();
  }

  /** Resolves when the run gave no answer within grace + 5 s after it was told to end. */
  get stuck(): Promise<"stuck"> {
    return this.#stuck.promise;
  }

  /** Seconds a plugin has to answer after the abort. */
  get answerSeconds(): number {
    return this.#run.limits.graceSeconds + ANSWER_SECONDS;
  }

  /** Starts the time anew: execution begins. */
  restart(): void {
    if (!this.#run.signal.aborted) this.#rearm();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#run.signal.removeEventListener("abort", this.#awaitAnswer);
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    const { timeoutSeconds } = this.#run.limits;
    const expire = () => this.#run.abort(new RunAborted("timeout", `the run took longer than ${timeoutSeconds} s`));
    this.#timer = after(timeoutSeconds, expire);
  }

  readonly #awaitAnswer = (): void => {
    clearTimeout(this.#timer);
    this.#timer = after(this.answerSeconds, () => this.#stuck.resolve("stuck"));
  };
}

function after(seconds: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(seconds * 1_000, LONGEST_TIMER_MS));
}
