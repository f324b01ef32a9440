import type { IncomingMessage, ServerResponse } from "node:http";
import { answerOf } from "../invoke/answer-of.ts";
import { readInput } from "../invoke/read-input.ts";
import { answerTo, isOurFault } from "./answer-error.ts";
import type { ApiParts } from "./api-parts.ts";
import type { Guard } from "./guards.ts";

/** An id that needs no decoding; what else an id may be, the framework's route finds out. */
const PLAIN_PATH = /^\/invoke\/([\w-]+)$/;

export interface InvokeListenerParts extends Pick<ApiParts, "leases" | "log"> {
  readonly guard: Guard;
  /** Of a request's body. */
  readonly mostBytes: number;
  /** Whether connections are to end with the answers that are under way. */
  isClosing(): boolean;
}

/**
 * Serves calls as platforms send them, without the framework between: it costs as much as the rest of a call's way in and out
 * (see docs/performance.md). Answers whether it took the request; the others are for the route of the same path, which does
 * the same.
 */
export function invokeListener(parts: InvokeListenerParts) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const agentId = isPlain(request, parts) ? PLAIN_PATH.exec(request.url ?? "")?.[1] : undefined;
    if (agentId === undefined) return false;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    // Whoever leaves before the end of the request has asked for nothing.
    request.on("error", () => undefined);
    request.once("end", () => void answer(parts, agentId, request, response, chunks));
    return true;
  };
}

async function answer(
  { leases, log, isClosing }: InvokeListenerParts,
  agentId: string,
  request: IncomingMessage,
  response: ServerResponse,
  chunks: readonly Buffer[],
): Promise<void> {
  try {
    const [first, ...more] = chunks;
    const body = first && more.length === 0 ? first : Buffer.concat(chunks);
    const lease = leases.begin(agentId, readInput(request.headers["content-type"], body));
    // The event comes after every answer too; then there is nothing to cancel any more.
    response.once("close", () => response.writableFinished || lease.cancel());
    send(response, 200, answerOf(await lease.outcome), isClosing());
  } catch (thrown) {
    const { status, headers, body } = answerTo(thrown);
    if (isOurFault(thrown, status))
      log.error({ err: thrown, method: request.method, url: request.url }, "a request failed inside the runner");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send(response, status, JSON.stringify(body), isClosing());
  }
}

function send(response: ServerResponse, status: number, body: string, closing: boolean): void {
  if (closing) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": JSON_TYPE, "content-length": Buffer.byteLength(body) }).end(body);
}

const JSON_TYPE = "application/json; charset=utf-8";

/** A POST from who may send it, whose body has a length that it may have, sent without asking first. */
function isPlain({ method, headers, url = "" }: IncomingMessage, { guard, mostBytes }: InvokeListenerParts): boolean {
  const length = headers["content-length"];
  if (method !== "POST" || length === undefined || headers.expect !== undefined || Number(length) > mostBytes)
    return false;
  try {
    guard({ headers, url });
    return true;
  } catch {
    // The framework says so, before anything of the body is read.
    return false;
  }
}
