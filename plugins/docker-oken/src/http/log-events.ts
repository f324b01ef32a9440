import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { OkenError } from "../oken-error.ts";

const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ": keep-alive\n\n";
/** Of UTF-16, so that the line stays below the 65,536 bytes that the Oken CLI can read (spec §1.7). */
const MOST_UNITS = 20_000;

/**
 * Sends log lines as server-sent events until they end or nobody listens; one line each, and a comment when it is quiet.
 * What goes wrong by now is told in the stream, whose status is sent already. Never rejects.
 * @param signal Aborted when the listener has gone or the server closes.
 */
export async function sendLogEvents(
  lines: AsyncIterable<string>,
  response: ServerResponse,
  signal: AbortSignal,
  keepAliveMs = KEEP_ALIVE_MS,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    connection: "keep-alive",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  const quiet = setInterval(() => response.write(KEEP_ALIVE), keepAliveMs);
  try {
    for await (const line of lines) {
      if (signal.aborted) break;
      quiet.refresh();
      for (const event of logEvents(line)) if (!response.write(event)) await drained(response, signal);
    }
  } catch (thrown) {
    if (!signal.aborted) response.write(`event: error\n${logEvents(reasonOf(thrown))[0]}`);
  } finally {
    clearInterval(quiet);
    response.end();
  }
}

/** The events of one line: one, or several where it is too long. */
export function logEvents(line: string): string[] {
  // A carriage return would end the line for whoever reads the stream by its standard.
  const text = line.replace(/[\r\n]+$/, "").replaceAll(/[\r\n]/g, " ");
  const events: string[] = [];
  let at = 0;
  do {
    const end = cutAt(text, at + MOST_UNITS);
    events.push(`data: ${text.slice(at, end)}\n\n`);
    at = end;
  } while (at < text.length);
  return events;
}

/** Never between the halves of a character. */
function cutAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(response, "drain", { signal }).catch(() => undefined);
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof OkenError) return thrown.message;
  return `streaming the log failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
