/** How free the main loop was over a while. */
export interface LoopReport {
  /** Milliseconds that the report speaks of. */
  readonly ms: number;
  /** The longest that the loop kept something waiting that was due. */
  readonly longestMs: number;
  /** The most of that time in which the main thread used the processor; the rest of it the machine gave to others. */
  readonly turnCpuMs: number;
  /** How much of the time the loop had something to do, from 0 to 1. */
  readonly utilization: number;
  /** The tap that held the loop longest without awaiting anything, if one held it for long. */
  readonly held?: { readonly plugin: string; readonly hook: string; readonly ms: number };
}
