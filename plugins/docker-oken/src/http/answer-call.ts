import type { IncomingMessage, ServerResponse } from "node:http";
import { answerOf } from "../invoke/answer-of.ts";
import { readInput } from "../invoke/read-input.ts";
import { toldAnswerTo } from "./answer-error.ts";
import type { ApiParts } from "./api-parts.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export interface AnswerCallParts extends Pick<ApiParts, "leases" | "log"> {
  /** Whether connections are to end with the answers that are under way. */
  isClosing(): boolean;
}

/** Answers a call (spec §1.3): the body is judged before the agent is looked up. Never rejects. */
export async function answerCall(
  { leases, log, isClosing }: AnswerCallParts,
  agentId: string,
  body: Buffer | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const lease = leases.begin(agentId, readInput(request.headers["content-type"], body));
    // The event comes after every answer too; then there is nothing to cancel any more.
    response.once("close", () => response.writableFinished || lease.cancel());
    send(response, 200, answerOf(await lease.outcome), isClosing());
  } catch (thrown) {
    const { status, headers, body } = toldAnswerTo(thrown, request, log);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send(response, status, JSON.stringify(body), isClosing());
  }
}

function send(response: ServerResponse, status: number, body: string, closing: boolean): void {
  if (closing) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": JSON_TYPE, "content-length": Buffer.byteLength(body) }).end(body);
}
