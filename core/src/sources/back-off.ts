/** How long to wait between attempts, in milliseconds: `firstMs` after the first, doubled each time up to `longestMs`. */
export interface BackOffTimes {
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** From 0 to 1, 1 excluded. */
  readonly random?: () => number;
}

/** Milliseconds before the attempt that follows the `attempt`th (from 1). Half of them are chance, so that many runners do not knock together. */
export function backOff(
  attempt: number,
  { firstMs = 250, longestMs = 10_000, random = Math.random }: BackOffTimes = {},
): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 50));
  return Math.round(ceiling / 2 + random() * (ceiling / 2));
}
