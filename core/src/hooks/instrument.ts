import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import type { Run } from "../run/run.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import type { Deadlines } from "./deadlines.ts";

/** Where a run is: which tap of which plugin has it. */
export interface Whereabouts {
  readonly plugin: string;
  readonly hook: string;
}

/** A run that knows where it is. */
export interface Followed extends Run {
  whereabouts: Whereabouts | undefined;
}

/** A tap that worked without awaiting anything, whole milliseconds. */
export interface Held extends Whereabouts {
  readonly ms: number;
}

/** A tap that holds the main loop no longer than this is not worth a word. */
const LEAST_HELD_MS = 10;

/** A tap as plugins write it, sync or async alike. */
export type Tap = (...args: never[]) => unknown;

/** A tap as tapable calls it: arguments, then a callback. */
type CallbackTap = (...argsThenCallback: unknown[]) => void;
type Callback = (error: Error | null, answer?: unknown) => void;

/** One call of a tap. */
interface TapCall {
  readonly args: readonly unknown[];
  readonly run: Followed | undefined;
  readonly startedAt: number;
  readonly callback: Callback;
}

/** How a hook treats what its taps answer. */
export interface Manner {
  readonly hook: string;
  /** The run among the arguments, if there is one. */
  readonly runOf: (args: readonly unknown[]) => Followed | undefined;
  /** Turns an answer into what tapable passes on; throws when it is none. Nothing and `null` are never judged. */
  readonly judge: (answer: unknown, plugin: string, args: readonly unknown[]) => unknown;
  /** Whether a fault ends the hook; otherwise it is logged and the tap counts as having answered nothing. */
  readonly faultEnds: boolean;
  /** How long a tap may take; a late one is a fault. Executors are watched by their run's deadline instead. */
  readonly deadlines?: Deadlines;
}

/** Wraps each tap once: attribution, timing, deadline, and answers that tapable would misread. */
export class Instrument {
  readonly #telemetry: TelemetryHub;
  readonly #log: Logger;
  #held: Held | undefined;

  constructor(telemetry: TelemetryHub, log: Logger) {
    this.#telemetry = telemetry;
    this.#log = log;
  }

  /** The tap that has held the main loop longest since `takeHeld` was called, if one held it for 10 ms. */
  get held(): Held | undefined {
    return this.#held;
  }

  takeHeld(): Held | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  wrap(plugin: string, manner: Manner, tap: Tap): CallbackTap {
    const here = Object.freeze({ plugin, hook: manner.hook });
    return (...argsThenCallback) => {
      const callback = argsThenCallback.pop() as Callback;
      const run = manner.runOf(argsThenCallback);
      if (run) run.whereabouts = here;
      const startedAt = performance.now();
      const finish = this.#finishOnce(here, manner, { args: argsThenCallback, run, startedAt, callback });
      let answer: unknown;
      try {
        answer = tap(...(argsThenCallback as never[]));
        // A promise of our own, for a foreign one may throw in `then`, which tapable would never hear of.
        if (isThenable(answer)) answer = Promise.resolve(answer);
      } catch (thrown) {
        this.#noteHeld(here, performance.now() - startedAt);
        return finish(thrown, true);
      }
      this.#noteHeld(here, performance.now() - startedAt);
      if (!(answer instanceof Promise)) return finish(answer, false);
      answer.then(
        (value) => finish(value, false),
        (thrown) => finish(thrown, true),
      );
    };
  }

  #noteHeld(here: Whereabouts, ms: number): void {
    if (ms >= LEAST_HELD_MS && ms > (this.#held?.ms ?? 0)) this.#held = { ...here, ms: Math.round(ms) };
  }

  #finishOnce(here: Whereabouts, manner: Manner, { args, run, startedAt, callback }: TapCall) {
    let open = true;
    const cancelDeadline = manner.deadlines?.start(() => finish(new Error("it took too long"), true));
    const finish = (value: unknown, threw: boolean): void => {
      if (!open) return;
      open = false;
      cancelDeadline?.();
      const [error, answer] = threw ? [this.#fault(here, value), undefined] : this.#judge(here, manner, value, args);
      if (this.#telemetry.listening) this.#tell(here, run, performance.now() - startedAt, error);
      if (error && manner.faultEnds) return callback(error);
      if (error) (run?.log ?? this.#log).error({ err: error, ...here }, error.message);
      callback(null, answer);
    };
    return finish;
  }

  #judge(here: Whereabouts, manner: Manner, value: unknown, args: readonly unknown[]): [Error | undefined, unknown] {
    if (value === undefined || value === null) return [undefined, undefined];
    try {
      return [undefined, manner.judge(value, here.plugin, args)];
    } catch (thrown) {
      return [this.#fault(here, thrown), undefined];
    }
  }

  #fault(here: Whereabouts, thrown: unknown): LeaseholdError {
    const details = { plugin: here.plugin, hook: here.hook, problem: messageOf(thrown) };
    return new LeaseholdError("TAP_FAILED", details, { cause: thrown });
  }

  #tell(here: Whereabouts, run: Run | undefined, ms: number, error: Error | undefined): void {
    const about = { type: "tap", ...here, ms, ...(run ? { run: run.id } : {}) } as const;
    this.#telemetry.tell(error ? { ...about, fault: error.message } : about);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
