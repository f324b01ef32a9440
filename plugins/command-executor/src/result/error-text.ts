import type { Redactor, Result } from "leasehold";
import { type Report, shownOutput } from "./report.ts";
import { resultLine } from "./result-of.ts";

const MOST_BYTES = 64 * 1024;
/** Enough characters for what is kept to be whole, however much of it is masked. */
const MOST_LOOKED_AT = 4 * MOST_BYTES;

/**
 * Why a process failed, in its own words: standard error, else the result (protocol §4.7), cut where it is huge. Masked before
 * that, for what is cut off a secret would leave a part of it.
 */
export function errorText(report: Report, result: Result, secrets: Pick<Redactor, "text">): string {
  const stderr = shownOutput(report.stderr, report.outputBytes);
  const text = stderr === "" ? `(stdout) ${resultLine(result)}` : stderr;
  return cut(secrets.text(text.slice(0, MOST_LOOKED_AT)));
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return text;
  let end = MOST_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}\n[error text cut after ${MOST_BYTES} bytes]`;
}
