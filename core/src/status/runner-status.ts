/**
 * Where a runner is in its life: set up and idle, recovering what a predecessor left, leasing; then letting work end,
 * stopping what is left, delivering, saying good-bye; gone.
 */
export type RunnerPhase =
  | "idle"
  | "recovering"
  | "leasing"
  | "draining"
  | "stopping"
  | "delivering"
  | "closing"
  | "ended";

/** How it stands with one lease source. */
export interface SourceStanding {
  readonly name: string;
  /** Whether work can come: what the source says of itself; of one that says nothing, that it was started. */
  readonly ready: boolean;
  /** The source's own words about that. */
  readonly detail?: string;
  readonly slots: number;
  readonly busy: number;
  /** Slots that are set aside because something of their run may be alive. */
  readonly quarantined: number;
  /** Ids of runs that are not settled yet. */
  readonly running: readonly string[];
  /** Runs of which reports are not delivered yet. */
  readonly owed: number;
}

/** What a runner tells of itself, without secrets: for health checks, progress and status pages. */
export interface RunnerStatus {
  readonly version: string;
  readonly pid: number;
  readonly profile: string | null;
  readonly phase: RunnerPhase;
  /** Whether new work is taken. */
  readonly leasing: boolean;
  /** Why none is taken although the runner is up. */
  readonly problem?: string;
  readonly sources: readonly SourceStanding[];
}
