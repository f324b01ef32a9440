import { isJsonObject, type JsonObject, jsonMemberText } from "leasehold";
import type { CoordinatorClient } from "../client.ts";
import { Unanswered } from "../exchange.ts";
import { isSuccess } from "../judgement.ts";
import type { EventStream } from "./event-stream.ts";

/** What a run produced: text, or JSON with the text that it had in the coordinator's answer. */
export interface RunResult {
  /** Free text, or JSON text. */
  readonly text: string;
  /** The parsed JSON; absent where the result is free text. */
  readonly data?: unknown;
}

/**
 * A session's result. Only finished sessions tell it by themselves; of the others it is in the events (protocol §2.4), of
 * which the coordinator lists the first hundred, so what was streamed counts first.
 */
export async function fetchResult(
  client: CoordinatorClient,
  sessionId: string,
  status: string,
  stream: Pick<EventStream, "resultText">,
): Promise<RunResult | undefined> {
  const session = `/sessions/${encodeURIComponent(sessionId)}`;
  try {
    if (status === "completed") {
      const reply = await client.send("GET", `${session}/result`);
      if (isSuccess(reply)) return readResult(reply.body);
    }
    if (stream.resultText !== undefined) return readResult(stream.resultText);
    const reply = await client.send("GET", `${session}/events`);
    const event = isSuccess(reply) ? lastResultEvent(reply.body) : undefined;
    return event === undefined ? undefined : readResult(event);
  } catch (thrown) {
    if (!(thrown instanceof Unanswered)) throw thrown;
    return stream.resultText === undefined ? undefined : readResult(stream.resultText);
  }
}

/** Reads `{ result_text, result_data }`: text comes first where both are there. */
export function readResult(json: string): RunResult | undefined {
  const members = parseObject(json);
  const text = members?.["result_text"];
  if (typeof text === "string" && text !== "") return { text };
  const data = members?.["result_data"];
  if (data === undefined || data === null) return typeof text === "string" ? { text } : undefined;
  return { text: jsonMemberText(json, ["result_data"]) ?? JSON.stringify(data), data };
}

/** JSON text of the last `result` event in an answer's list. */
function lastResultEvent(body: string): string | undefined {
  const events = parseObject(body)?.["events"];
  if (!Array.isArray(events)) return undefined;
  const event: unknown = events.findLast((one: unknown) => isJsonObject(one) && one["event_type"] === "result");
  return event === undefined ? undefined : JSON.stringify(event);
}

function parseObject(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
