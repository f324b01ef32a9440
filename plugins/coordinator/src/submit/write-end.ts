import { printable, type TerminalStream } from "leasehold";
import type { Submitted } from "./create-run.ts";
import type { RunEnd } from "./follow-run.ts";
import type { RunResult } from "./result.ts";

interface Ended {
  readonly run: Submitted;
  readonly end: RunEnd;
  readonly result: RunResult | undefined;
  readonly json: boolean;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
}

/** The result goes to standard output, the rest to standard error; as JSON everything is one document on standard output. */
export function writeEnd({ run, end, result, json, stdout, stderr }: Ended): void {
  if (json) {
    stdout.write(`${document(run, end, result)}\n`);
    return;
  }
  if (result) stdout.write((stdout.isTTY ? printable(result.text) : result.text).replace(/\n?$/, "\n"));
  if (stderr.isTTY) stderr.write(`${end.status}\n`);
  if (end.error) stderr.write(`${stderr.isTTY ? printable(end.error) : end.error}`.replace(/\n?$/, "\n"));
}

/** Composed of texts, so that the result's numbers stay as they were sent. */
function document({ runId, sessionId }: Submitted, { status, error }: RunEnd, result: RunResult | undefined): string {
  const head = JSON.stringify({ run_id: runId, session_id: sessionId, status }).slice(0, -1);
  const value = result === undefined ? "null" : result.data === undefined ? JSON.stringify(result.text) : result.text;
  return `${head},"result":${onOneLine(value)},"error":${JSON.stringify(error ?? null)}}`;
}

/** JSON may be written over several lines; between tokens, line breaks mean nothing, and within strings there are none. */
function onOneLine(json: string): string {
  return json.replace(/[\r\n]+/g, " ");
}
