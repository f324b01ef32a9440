import { isDeepStrictEqual } from "node:util";
import type { DeliveryAnswer } from "leasehold";
import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { isTooLong, type Reply } from "./exchange.ts";
import { isSuccess, isUnknownThere } from "./judgement.ts";
import type { RunRef } from "./lease.ts";
import type { Report } from "./reports.ts";

/**
 * Whether a report whose answer was lost has arrived: repeating one would store a second event, and fire a parent's
 * callback and the finish hook twice (protocol §7.2 H8). `no` means: send it. Rejects with `Unanswered`.
 */
export async function alreadyThere(
  client: CoordinatorClient,
  ref: RunRef,
  report: Report,
  signal: AbortSignal,
): Promise<DeliveryAnswer | "no"> {
  if (report.type === "bind") return "no";
  const ofEvent = report.type === "event" || report.type === "result";
  const path = ofEvent ? `/sessions/${encodeURIComponent(ref.session)}/events` : `/runs/${encodeURIComponent(ref.run)}`;
  const reply = await client.send("GET", path, { signal, repeatable: true }).catch(unlessTooLong);
  // What cannot be looked through is no reason to hold back all that is owed behind it.
  if (!reply) return ofEvent ? "no" : { retryAfterMs: 0 };
  if (isUnknownThere(reply)) return ofEvent ? "accepted" : "gone";
  if (ofEvent && reply.status === 500) return "no"; // one event that it cannot list hides all others of the session
  if (!isSuccess(reply)) return { retryAfterMs: reply.retryAfterMs ?? 0 };
  const arrived = ofEvent ? holdsEvent(reply.body, report.body) : hasStatus(reply.body, report.type);
  if (arrived === undefined) return { retryAfterMs: 0 };
  return arrived ? "accepted" : "no";
}

/** Nothing for an answer that is too long to be read: the events of a session may come to any length. */
function unlessTooLong(thrown: unknown): Reply | undefined {
  if (isTooLong(thrown)) return undefined;
  throw thrown;
}

const eventMembers = z.object({
  event_type: z.string(),
  timestamp: z.string(),
  result_text: z.unknown().optional(),
  result_data: z.unknown().optional(),
});
const eventList = z.object({ events: z.array(z.unknown()) });

/**
 * The coordinator keeps an event's timestamp as it was sent, so that with its type it names the event. A result is stamped
 * anew when a run is settled a second time: there its content tells. Nothing when the answer is no list of events.
 */
function holdsEvent(body: string, sent: string): boolean | undefined {
  const ours = eventMembers.parse(JSON.parse(sent));
  return read(eventList, body)?.events.some((event) => {
    const { data: theirs } = eventMembers.safeParse(event);
    if (theirs?.event_type !== ours.event_type) return false;
    return theirs.timestamp === ours.timestamp || (ours.event_type === "result" && sameResult(theirs, ours));
  });
}

type EventMembers = z.output<typeof eventMembers>;

function sameResult(theirs: EventMembers, ours: EventMembers): boolean {
  const resultOf = ({ result_text = null, result_data = null }: EventMembers) => [result_text, result_data];
  return isDeepStrictEqual(resultOf(theirs), resultOf(ours));
}

/** Nothing when the answer is no run. */
function hasStatus(body: string, report: Exclude<Report["type"], "bind" | "event" | "result">): boolean | undefined {
  const status = read(z.object({ status: z.string() }), body)?.status;
  if (status === undefined) return undefined;
  if (report === "started") return status !== "pending" && status !== "claimed";
  return status === report;
}

function read<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
