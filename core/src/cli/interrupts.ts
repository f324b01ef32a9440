type Interrupt = "SIGINT" | "SIGTERM";

/** SIGINT and SIGTERM as abort signals, from now until `dispose`; meanwhile the process stays alive, whatever it waits for. */
export interface Interrupts {
  /** Aborted by the first. */
  readonly first: AbortSignal;
  /** Aborted by the second. */
  readonly second: AbortSignal;
  /** Which came first, if any. */
  received(): Interrupt | undefined;
  dispose(): void;
}

const LONGEST_DELAY_MS = 2 ** 31 - 1;

export function listenForInterrupts(): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  let received: Interrupt | undefined;
  const onInterrupt = (signal: NodeJS.Signals): void => {
    if (received) second.abort(new Error(`${signal} received again`));
    else {
      received = signal as Interrupt;
      first.abort(new Error(`${signal} received`));
    }
  };
  // A signal's handler alone does not keep the event loop going.
  const alive = setInterval(() => undefined, LONGEST_DELAY_MS);
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
  return {
    first: first.signal,
    second: second.signal,
    received: () => received,
    dispose: () => {
      clearInterval(alive);
      process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
    },
  };
}
