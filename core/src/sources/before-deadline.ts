/**
 * What the work comes to, if that is soon enough. Rejects after `ms` milliseconds, and with the signal's reason when that is
 * aborted; the work gets a signal that is aborted then, but is not waited for.
 */
export async function beforeDeadline<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    over.abort(reason);
    ended.reject(reason);
  };
  const onAbort = () => end(signal.reason);
  const timer = setTimeout(() => end(new Error(`no answer within ${ms / 1_000} s`)), ms);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([Promise.resolve(work(over.signal)), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
