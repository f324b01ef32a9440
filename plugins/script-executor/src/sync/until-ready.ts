interface Patience {
  readonly seconds: number;
  /** The error when the time is up. */
  readonly late: () => Error;
  readonly signal: AbortSignal;
}

/** The work's end, unless the time is up or the signal is aborted first. What the work comes to later is dropped. */
export async function untilReady<T>(work: Promise<T>, { seconds, late, signal }: Patience): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(late()), seconds * 1_000);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
