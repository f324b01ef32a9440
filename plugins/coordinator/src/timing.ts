/** Times that the protocol or experience fixes; parameters so that tests need not wait for them. Milliseconds. */
export interface Timing {
  /** First ceiling of the back-off, doubled with every failure. */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** What a request other than a poll may take. */
  readonly requestMs: number;
  /** Added to the poll's own time before it counts as late. */
  readonly lateMs: number;
  /** A poll this old is lost: longer than the coordinator's blocking hooks (300 s by default) may hold it. */
  readonly abandonMs: number;
  /** From check to check for stops while no poll is open. */
  readonly stopCheckMs: number;
  /** Without a heartbeat for so long the coordinator counts the runner as stale (120 s), which only registering mends. */
  readonly staleMs: number;
  /** Without an open poll for so long nobody noticed whether the coordinator was restarted. */
  readonly unwatchedMs: number;
  /** For so long after a twin has lost its registration polls of it may arrive under ours: they left before it could know. */
  readonly underWayMs: number;
  /** What is owed under a predecessor's id has so long to be delivered before the id is given up. */
  readonly flushMs: number;
  /** A run that was claimed so long ago and never started is nobody's: the coordinator forgets a silent runner after 600 s. */
  readonly forgottenMs: number;
  /** An answer that says nothing new and comes sooner than this is counted, for the coordinator might say it for ever. */
  readonly hastyMs: number;
}

/** The coordinator's own, where it has not named another (protocol §2.2). */
const POLL_SECONDS = 30;

/** For so long after an id has passed from a twin to us polls of the twin may claim runs under it. */
export function contestedMs(timing: Timing, pollTimeoutSeconds = POLL_SECONDS): number {
  return timing.underWayMs + pollTimeoutSeconds * 1_000;
}

export const protocolTiming: Timing = {
  backoffBaseMs: 1_000,
  backoffCapMs: 30_000,
  requestMs: 35_000,
  lateMs: 5_000,
  abandonMs: 600_000,
  stopCheckMs: 1_000,
  staleMs: 115_000,
  unwatchedMs: 1_000,
  underWayMs: 2_000,
  flushMs: 60_000,
  forgottenMs: 600_000,
  hastyMs: 500,
};
