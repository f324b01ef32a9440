import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "leasehold";
import { OkenError } from "../oken-error.ts";
import { bodyOf, DetailFault } from "./faults.ts";

/** Answers whatever a route has thrown: always JSON with `error` and `code` (spec §1.1; kind C never). */
export function answerErrors(log: Logger) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, headers, body } = toldAnswerTo(thrown, request, log);
    reply.code(status).headers(headers).type("application/json").send(body);
  };
}

/** The answer to what was thrown; what has no code of its own is a fault of the runner, and logged. */
export function toldAnswerTo(
  thrown: unknown,
  { method, url }: { readonly method?: string | undefined; readonly url?: string | undefined },
  log: Logger,
): ErrorAnswer {
  const answer = answerTo(thrown);
  if (answer.status === 500 && !(thrown instanceof OkenError))
    log.error({ err: thrown, method, url }, "a request failed inside the runner");
  return answer;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export function answerTo(thrown: unknown): ErrorAnswer {
  if (thrown instanceof OkenError)
    return { status: sendable(thrown.status), headers: headersOf(thrown), body: bodyOf(thrown) };
  if (thrown instanceof DetailFault) return { status: thrown.status, headers: thrown.headers, body: thrown.body };
  const { code, statusCode = 500, message } = thrown as { code?: string; statusCode?: number; message: string };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return answerTo(new OkenError("TOO_LARGE", "body: too large"));
  if (code === "FST_ERR_BAD_URL") return answerTo(notFound());
  if (statusCode >= 400 && statusCode < 500) return answerTo(new DetailFault(statusCode, "VALIDATION_ERROR", message));
  return { status: 500, headers: {}, body: { error: "The runner failed; its log says why", code: "INTERNAL_ERROR" } };
}

export function notFound(): DetailFault {
  return new DetailFault(404, "NOT_FOUND", "Not Found");
}

/** Answers what is no HTTP; the connection ends with it. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, reason] = CLIENT_ERRORS[error.code ?? ""] ?? ["400", "Bad Request"];
  const body = JSON.stringify(new DetailFault(Number(status), "VALIDATION_ERROR", reason).body);
  const head = `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ["431", "Request Header Fields Too Large"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408", "Request Timeout"],
};

/** What an agent answered is passed on where HTTP has such a status for a final answer. */
function sendable(status: number): number {
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 502;
}

/** Whole seconds (RFC 9110, 10.2.3); a busy agent that does not know when it will not be is asked again soon. */
function headersOf({ code, retryAfterSeconds }: OkenError): Readonly<Record<string, string>> {
  const seconds = retryAfterSeconds ?? (code === "AGENT_BUSY" ? 1 : undefined);
  return seconds === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}
