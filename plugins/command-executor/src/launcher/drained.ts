import { setImmediate as nextTurn } from "node:timers/promises";
import type { CapturedStream } from "./captured-stream.ts";

const QUIET_TURNS = 2;
/** A writer that never pauses must not hold us: by then far more than a pipe holds has been read. */
const MOST_TURNS = 100;

/**
 * Settles when everything written so far is read: at the end of the streams, or once turns of the event loop, each of which
 * reads what a pipe holds, bring nothing more. So a process that keeps a pipe open delays nobody.
 */
export async function drained(streams: readonly CapturedStream[]): Promise<void> {
  let quiet = 0;
  for (let turn = 0; turn < MOST_TURNS && quiet < QUIET_TURNS && !streams.every(({ closed }) => closed); turn++) {
    const before = chunksOf(streams);
    await nextTurn();
    quiet = chunksOf(streams) === before ? quiet + 1 : 0;
  }
}

function chunksOf(streams: readonly CapturedStream[]): number {
  return streams.reduce((sum, { chunks }) => sum + chunks, 0);
}
