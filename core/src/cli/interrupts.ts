import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Interrupt = (typeof SIGNALS)[number];

/**
 * SIGINT, SIGTERM and SIGHUP as abort signals, from now until `dispose`; meanwhile the process stays alive, whatever it waits
 * for. Once one was received, more of them do not end the process after that either: it is ending, with its exit code. An error that nobody caught counts as two of them: ending at once would leave what was started behind.
 */
export interface Interrupts {
  /** Aborted by the first. */
  readonly first: AbortSignal;
  /** Aborted by the second. */
  readonly second: AbortSignal;
  /** Which came first, if any. */
  received(): Interrupt | undefined;
  /** Throws STRAY_ERROR when an error came that nobody caught. */
  throwStray(): void;
  dispose(): void;
}

const LONGEST_DELAY_MS = 2 ** 31 - 1;

export function listenForInterrupts(): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  let received: Interrupt | undefined;
  let stray: LeaseholdError | undefined;
  const onInterrupt = (signal: NodeJS.Signals): void => {
    if (received) second.abort(new Error(`${signal} received again`));
    else {
      received = signal as Interrupt;
      first.abort(new Error(`${signal} received`));
    }
  };
  const onStray = (thrown: unknown): void => {
    stray ??= new LeaseholdError("STRAY_ERROR", { problem: messageOf(thrown) }, { cause: thrown });
    first.abort(stray);
    second.abort(stray);
  };
  // A signal's handler alone does not keep the event loop going.
  const alive = setInterval(() => undefined, LONGEST_DELAY_MS);
  for (const signal of SIGNALS) process.on(signal, onInterrupt);
  process.on("uncaughtException", onStray);
  return {
    first: first.signal,
    second: second.signal,
    received: () => received,
    throwStray: () => {
      if (stray) throw stray;
    },
    dispose: () => {
      clearInterval(alive);
      for (const signal of SIGNALS) {
        if (received && !process.listeners(signal).includes(ignore)) process.on(signal, ignore);
        process.off(signal, onInterrupt);
      }
      process.off("uncaughtException", onStray);
    },
  };
}

function ignore(): void {}
