/** What the work resolves to, or a rejection with the signal's reason as soon as that comes; the work itself goes on. */
export async function untilAborted<Type>(work: Promise<Type>, signal: AbortSignal): Promise<Type> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
