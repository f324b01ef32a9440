import type { RecordEntry } from "@leasehold/embedded-coordinator";
import type { ChildNote } from "./child-log.ts";
import type { FaultKind } from "./faults.ts";
import type { Happening, PlannedRun } from "./plan.ts";

/** What is known of one run in the end. */
export interface RunFacts {
  readonly planned: PlannedRun;
  /** The coordinator's id of it. */
  readonly id: string;
  /** As the coordinator shows it in the end. */
  readonly status: string;
  readonly error: string | null;
  /** The text of the session's events as the coordinator answers it. */
  readonly events: string;
  /** Whether a client asked for a stop. */
  readonly stopAsked: boolean;
  /** What the coordinator answered about this run, in the order of its answers. */
  readonly record: readonly RecordEntry[];
  /** What its processes said, in the order of the file. */
  readonly notes: readonly ChildNote[];
  /** Processes of it that were seen alive when they must have been gone, in words. */
  readonly survivors: readonly string[];
}

/** What is known when all is over. */
export interface Facts {
  readonly runs: readonly RunFacts[];
  readonly slots: number;
  readonly happened: Readonly<Record<Happening["kind"], number>>;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly requests: number;
  /** When the process of a session was last seen alive, where it never said that it ended; milliseconds since the epoch. */
  readonly lastSeen: ReadonlyMap<string, number>;
  /** Processes that nobody could assign to a run, in words. */
  readonly strays: readonly string[];
  /** Runner processes that ended when nobody had asked them to, or otherwise than they should, or did nothing, in words. */
  readonly deaths: readonly string[];
  /** The longest that things took, in milliseconds. */
  readonly worst: Readonly<Record<string, number>>;
  readonly seconds: number;
}
