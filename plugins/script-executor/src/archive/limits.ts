import { ScriptFault } from "../script-fault.ts";

/** What one script may cost. */
export interface Limits {
  /** Of the compressed archive. */
  readonly archiveBytes: number;
  /** Of the archive when it is expanded, headers included. */
  readonly expandedBytes: number;
  /** Files, folders and links, folders that no entry names included. */
  readonly entries: number;
  /** Of a path inside the script. */
  readonly pathBytes: number;
}

/** Passes bytes on until there are too many. `what` begins the error's sentence. */
export async function* withinBytes(source: AsyncIterable<Uint8Array>, most: number, what: string) {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > most) throw refusal(`${what} more than ${most} bytes`);
    yield chunk;
  }
}

/** An archive that is not taken, now or later. */
export function refusal(problem: string, cause?: unknown): ScriptFault {
  return new ScriptFault("SCRIPT_REFUSED", `the archive is refused: ${problem}`, cause === undefined ? {} : { cause });
}
