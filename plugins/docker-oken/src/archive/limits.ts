import { OkenError } from "../oken-error.ts";

/** What one uploaded archive may cost; the options of the same names. */
export interface ArchiveLimits {
  /** Of the compressed archive. */
  readonly archiveBytes: number;
  /** Of the archive when it is expanded, headers included. */
  readonly expandedBytes: number;
  /** Files, folders and links. */
  readonly entries: number;
  /** Of a path inside the archive. */
  readonly pathBytes: number;
}

/** Passes bytes on until there are too many, as an `OkenError` of status 413 says then. `what` begins its sentence. */
export async function* withinBytes(source: AsyncIterable<Uint8Array>, most: number, what: string) {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > most) throw tooLarge(`${what} more than ${most} bytes`);
    yield chunk;
  }
}

/** An archive beyond a limit (OKEN-D22). */
export function tooLarge(problem: string): OkenError {
  return new OkenError("TOO_LARGE", `tarball: ${problem}`);
}
