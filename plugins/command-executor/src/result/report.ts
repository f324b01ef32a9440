import type { CapturedOutput } from "leasehold";
import { trimmed, withUnixNewlines } from "../python/trimmed.ts";

/** What a process left to report: its status in Python's manner (`-9` for SIGKILL) and its output. */
export interface Report {
  readonly returnCode: number;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** Bytes that were kept of each stream, for the mark of a cut. */
  readonly outputBytes: number;
}

/** A report of something that never ran or whose output does not count: all there is to tell goes to standard error. */
export function soleMessage(returnCode: number, message: string): Report {
  const silent = { text: "", droppedBytes: 0 };
  return { returnCode, stdout: silent, stderr: { text: message, droppedBytes: 0 }, outputBytes: 0 };
}

/** A stream as results and errors show it: LF line ends, trimmed, a cut marked on a line of its own. */
export function shownOutput({ text, droppedBytes }: CapturedOutput, outputBytes: number): string {
  const shown = trimmed(withUnixNewlines(text));
  return droppedBytes === 0 ? shown : `${shown}\n[output cut after ${outputBytes} bytes]`;
}
