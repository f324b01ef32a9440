import type { IncomingMessage, ServerResponse } from "node:http";
import { type AnswerCallParts, answerCall } from "./answer-call.ts";
import type { Guard } from "./guards.ts";

/** An id that needs no decoding; what else an id may be, the framework's route finds out. */
const PLAIN_PATH = /^\/invoke\/([\w-]+)$/;

export interface InvokeListenerParts extends AnswerCallParts {
  readonly guard: Guard;
  /** Of a request's body. */
  readonly mostBytes: number;
}

/**
 * Serves calls as platforms send them, without the framework between: it costs as much as the rest of a call's way in and out
 * (see docs/performance.md). Answers whether it took the request; the others are for the route of the same path.
 */
export function invokeListener(parts: InvokeListenerParts) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const agentId = isPlain(request, parts) ? PLAIN_PATH.exec(request.url ?? "")?.[1] : undefined;
    if (agentId === undefined) return false;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    // Whoever leaves before the end of the request has asked for nothing.
    request.on("error", () => undefined);
    request.once("end", () => void answerCall(parts, agentId, whole(chunks), request, response));
    return true;
  };
}

function whole(chunks: readonly Buffer[]): Buffer {
  const [first, ...more] = chunks;
  return first && more.length === 0 ? first : Buffer.concat(chunks);
}

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
