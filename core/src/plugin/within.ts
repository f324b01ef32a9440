/** The work's result, or a rejection with `late()` when it takes longer. The work itself goes on unwatched then. */
export async function withinSeconds<T>(seconds: number, work: () => Promise<T>, late: () => Error): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(late()), seconds * 1_000);
  try {
    return await Promise.race([work(), deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
}
