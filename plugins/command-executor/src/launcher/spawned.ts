import type { Readable, Writable } from "node:stream";
import type { ProcessExit } from "leasehold";

/** How a process ended. */
export type Status = Pick<ProcessExit, "code" | "signal" | "lost">;

/** A child that runs, with the pipes that it was given. */
export interface Spawned {
  readonly pid: number;
  /** Clock ticks from boot to its start, where they can be learnt, else 0. */
  readonly startTime: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects. */
  readonly ended: Promise<Status>;
}
