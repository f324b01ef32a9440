import type { Outcome, Result, RunEvent } from "leasehold";
import { z } from "leasehold";
import { timestamp } from "./timestamps.ts";
import { wellFormed } from "./well-formed.ts";

/** JSON text of an executor's event as the coordinator takes it: its known members, where they have the known type (protocol §2.4). */
export function eventBody(session: string, event: RunEvent & { readonly timestamp: string }): string {
  const members = eventMembers.parse(event.data ?? {});
  const head = { event_type: event.type, session_id: session, timestamp: timestamp(event.timestamp) };
  return wellFormed(JSON.stringify({ ...head, ...members }));
}

/** JSON text of the event that carries a run's result (protocol §4.6). The result's own text is embedded, never re-serialised. */
export function resultBody(session: string, result: NonNullable<Outcome["result"]>): string {
  const head = JSON.stringify({ event_type: "result", session_id: session, timestamp: timestamp() });
  const { text, data } = resultMembers(result);
  return wellFormed(`${head.slice(0, -1)},"result_text":${text},"result_data":${data}}`);
}

const object = z.record(z.string(), z.unknown());

const eventMembers = z.object({
  tool_name: member(z.string()),
  tool_input: member(object),
  tool_output: member(z.unknown()),
  error: member(z.string()),
  exit_code: member(z.int()),
  reason: member(z.string()),
  role: member(z.string()),
  content: member(z.array(object)),
  result_text: member(z.string()),
  result_data: member(object),
});

/** One ill-typed member would have the whole event refused. */
function member<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** `result_data` takes an object or null; any other value is wrapped, or the coordinator would refuse it. */
function resultMembers({ format, text }: Result): { text: string; data: string } {
  if (format === "text") return { text: JSON.stringify(text), data: "null" };
  const value = text.trim();
  return { text: "null", data: value.startsWith("{") || value === "null" ? value : `{"result": ${value}}` };
}
