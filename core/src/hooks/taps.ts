import type { Entrypoint, EntrypointKind } from "../run/entrypoint.ts";
import type { Outcome } from "../run/outcome.ts";
import type { Run } from "../run/run.ts";
import type { Decline, Refusal } from "./answers.ts";

type Maybe<T> = T | undefined | void;
export type Awaitable<T> = T | Promise<T>;

/** One beat; `at` is the monotonic clock in milliseconds (`performance.now()`). */
export interface Beat {
  readonly at: number;
}

export interface TapOrder {
  /** Before or after all taps without an order. */
  readonly order?: "first" | "last";
}

export interface HeartbeatOptions {
  /** Seconds from beat to beat; a function is asked anew for each. */
  readonly everySeconds: number | (() => number);
}

export interface Tappable<Fn, Options = TapOrder | undefined> {
  tap(fn: Fn, ...options: undefined extends Options ? [options?: Options] : [options: Options]): void;
}

/** What a plugin sees of the hooks: it taps, it does not call. */
export interface Hooks {
  /**
   * A run has been leased and has a slot. Answer nothing to admit it or `refuse(reason)` to settle it as refused.
   * May change `run.env`, `run.labels` and `run.limits`. Series; a throw fails the run.
   */
  readonly onLease: Tappable<(run: Run) => Awaitable<Maybe<Refusal>>>;
  /**
   * Who can run this? The first entrypoint wins; `decline(reason)` or nothing asks the next tap. A throw fails the run;
   * when nobody answers, the run fails with a sentence that lists who was asked and why each declined.
   */
  readonly resolveEntrypoint: Tappable<(run: Run) => Awaitable<Maybe<Entrypoint | Decline>>>;
  /** Executors, by entrypoint kind. The first outcome wins; nothing asks the next tap. A throw fails the run. */
  readonly execute: { for<Kind extends EntrypointKind>(kind: Kind): Tappable<ExecuteTap<Kind>> };
  /**
   * Every outcome passes here before it is settled, those of refused and unresolved runs too. Answer another outcome to
   * replace it. Waterfall; a throw or an invalid answer is logged and counted, and the outcome before the tap is kept.
   */
  readonly onResult: Tappable<(outcome: Outcome, run: Run) => Awaitable<Maybe<Outcome>>>;
  /** Beside the runs, at each tap's own pace. A late tap skips beats and never overlaps itself; a throw is logged and counted. */
  readonly onHeartbeat: Tappable<(beat: Beat) => Awaitable<void>, HeartbeatOptions>;
}

export type ExecuteTap<Kind extends EntrypointKind> = (
  run: Run,
  entrypoint: Entrypoint<Kind>,
) => Awaitable<Maybe<Outcome>>;
