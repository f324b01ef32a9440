/** Milliseconds that no specification fixes; parameters so that tests need not wait for them. */
export interface Timing {
  /** First pause after a failed request for a token, doubled with every failure. */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** First pause between tokens that are asked for because the coordinator refused the one before, doubled each time. */
  readonly refusalBaseMs: number;
  readonly refusalCapMs: number;
}

export const defaultTiming: Timing = {
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  refusalBaseMs: 60_000,
  refusalCapMs: 300_000,
};
