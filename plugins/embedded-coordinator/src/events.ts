import { z } from "leasehold";
import type { Coordinator } from "./coordinator.ts";
import { JsonText } from "./json-text.ts";
import type { EventRow } from "./store/rows.ts";

const LISTED = 100;

/** An event as a client posts it (protocol §2.4). Types and timestamps are not checked. */
export const eventSchema = z.object({
  event_type: z.string(),
  session_id: z.string(),
  timestamp: z.string(),
  tool_name: z.string().nullish(),
  tool_input: z.record(z.string(), z.unknown()).nullish(),
  tool_output: z.unknown().optional(),
  error: z.string().nullish(),
  exit_code: z.int().nullish(),
  reason: z.string().nullish(),
  role: z.string().nullish(),
  content: z.array(z.record(z.string(), z.unknown())).nullish(),
  result_text: z.string().nullish(),
  result_data: z.record(z.string(), z.unknown()).nullish(),
});

type PostedEvent = z.infer<typeof eventSchema>;

/**
 * Stores an event and tells the feed. `texts` gives the source text of the fields that hold JSON; a field whose
 * value Python would call false is stored as null.
 */
export function storeEvent(
  { store, feed }: Coordinator,
  event: PostedEvent,
  texts: ReadonlyMap<string, string> = new Map(),
): void {
  const textOf = (field: "tool_input" | "tool_output" | "content" | "result_data") =>
    isFalsy(event[field]) ? null : (texts.get(field) ?? null);
  store.events.insert({
    session_id: event.session_id,
    event_type: event.event_type,
    timestamp: event.timestamp,
    tool_name: event.tool_name ?? null,
    tool_input: textOf("tool_input"),
    tool_output: textOf("tool_output"),
    error: event.error ?? null,
    exit_code: event.exit_code ?? null,
    reason: event.reason ?? null,
    role: event.role ?? null,
    content: textOf("content"),
    result_text: event.result_text ?? null,
    result_data: textOf("result_data"),
  });
  const stored = store.events.first("ORDER BY id DESC LIMIT 1");
  if (stored) feed.publish("event", event.session_id, { data: eventView(stored) });
}

/** The first hundred events of a session by the text of their timestamps (§2.4). */
export function listEvents({ store }: Coordinator, sessionId: string): Record<string, unknown>[] {
  return store.events.select("WHERE session_id = ? ORDER BY timestamp, id LIMIT ?", sessionId, LISTED).map(eventView);
}

/** What `GET /sessions/{id}/result` shows: the `result` event with the greatest timestamp text, if any. */
export function latestResult({ store }: Coordinator, sessionId: string): Record<string, unknown> | undefined {
  const event = store.events.first(
    "WHERE session_id = ? AND event_type = 'result' ORDER BY timestamp DESC, id DESC LIMIT 1",
    sessionId,
  );
  return event && { result_text: event.result_text, result_data: jsonOrNull(event.result_data) };
}

function eventView(event: EventRow): Record<string, unknown> {
  return {
    ...event,
    tool_input: jsonOrNull(event.tool_input),
    tool_output: jsonOrNull(event.tool_output),
    content: jsonOrNull(event.content),
    result_data: jsonOrNull(event.result_data),
  };
}

function isFalsy(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

function jsonOrNull(text: string | null): JsonText | null {
  return text === null ? null : new JsonText(text);
}
