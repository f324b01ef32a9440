import type { Result } from "leasehold";
import { type Report, shownOutput } from "./report.ts";
import { resultLine } from "./result-of.ts";

const MOST_BYTES = 64 * 1024;

/** Why a process failed, in its own words: standard error, else the result (protocol §4.7), cut where it is huge. */
export function errorText(report: Report, result: Result): string {
  const stderr = shownOutput(report.stderr, report.outputBytes);
  return cut(stderr === "" ? `(stdout) ${resultLine(result)}` : stderr);
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return text;
  let end = MOST_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}\n[error text cut after ${MOST_BYTES} bytes]`;
}
