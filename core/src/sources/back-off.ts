/** Milliseconds before the next attempt: exponential, half of it jitter, so that many runners do not knock together. */
export function backOff(attempt: number, { firstMs = 250, longestMs = 10_000 } = {}): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}
