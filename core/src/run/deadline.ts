import { RunAborted } from "./aborted.ts";
import type { RunState } from "./run-state.ts";

/** Time that an executor has, beyond the grace of what it ends, to answer after its run was told to end. */
const ANSWER_SECONDS = 5;

/** Watches one run: aborts it when its time is up, and says when it does not come back from that. */
export class RunDeadline {
  readonly #run: RunState;
  #timer: NodeJS.Timeout | undefined;
  readonly #stuck = Promise.withResolvers<"stuck">();

  constructor(run: RunState) {
    this.#run = run;
    this.#rearm();
    run.signal.addEventListener("abort", () => this.#awaitAnswer(), { once: true });
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
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    const { timeoutSeconds } = this.#run.limits;
    const expire = () => this.#run.abort(new RunAborted("timeout", `the run took longer than ${timeoutSeconds} s`));
    this.#timer = setTimeout(expire, timeoutSeconds * 1_000);
  }

  #awaitAnswer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stuck.resolve("stuck"), this.answerSeconds * 1_000);
  }
}
