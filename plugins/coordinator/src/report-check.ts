import { isDeepStrictEqual } from "node:util";
import type { DeliveryAnswer } from "leasehold";
import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { isTooLong } from "./exchange.ts";
import { isSuccess, isUnknownThere } from "./judgement.ts";
import type { RunRef } from "./lease.ts";
import { executorSessionOf } from "./report-requests.ts";
import type { Report } from "./reports.ts";

/**
 * Whether a report whose answer was lost has arrived: repeating one would store a second event, and fire a parent's
 * callback and the finish hook twice (protocol §7.2 H8). `no` means: send it. `unlistable`: the coordinator failed to list
 * the session's events, in passing or because one of them cannot be listed and hides all others. Rejects with `Unanswered`.
 */
export async function alreadyThere(
  client: CoordinatorClient,
  ref: RunRef,
  report: Report,
  signal: AbortSignal,
): Promise<DeliveryAnswer | "no" | "unlistable"> {
  const ofEvent = report.type === "event" || report.type === "result";
  const reply = await client
    .send("GET", placeOf(ref, report), { signal, repeatable: true })
    .catch((thrown: unknown) => {
      if (ofEvent && isTooLong(thrown)) return undefined;
      throw thrown;
    });
  // What cannot be looked through, and never will be, is no reason to hold back all that is owed behind it.
  if (!reply) return "no";
  if (isUnknownThere(reply)) return ofEvent || report.type === "bind" ? "accepted" : "gone";
  if (ofEvent && reply.status === 500) return "unlistable";
  const arrived = isSuccess(reply) ? hasArrived(reply.body, ref, report) : undefined;
  if (arrived === undefined) return { retryAfterMs: reply.retryAfterMs ?? 0 };
  return arrived ? "accepted" : "no";
}

/** Where a report that has arrived shows. */
function placeOf(ref: RunRef, { type }: Report): string {
  const session = `/sessions/${encodeURIComponent(ref.session)}`;
  if (type === "bind") return session;
  return type === "event" || type === "result" ? `${session}/events` : `/runs/${encodeURIComponent(ref.run)}`;
}

/** Nothing where the answer is no coordinator's. */
function hasArrived(answer: string, ref: RunRef, report: Report): boolean | undefined {
  if (report.type === "bind") return isBound(answer, ref);
  if (report.type === "event" || report.type === "result") return holdsEvent(answer, report.body);
  return hasStatus(answer, report.type);
}

const sessionView = z.object({ session: z.object({ executor_session_id: z.string().nullish() }) });

/** A bind that is repeated when the run is over would set its session to running again (protocol §7.2 H9). */
function isBound(body: string, ref: RunRef): boolean | undefined {
  const session = read(sessionView, body)?.session;
  return session && session.executor_session_id === executorSessionOf(ref);
}

const runView = z.object({ status: z.string(), started_at: z.string().nullable().optional() });
const UNSTARTED = ["pending", "claimed"];
const TERMINAL = ["completed", "failed", "stopped"];

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
  const run = read(runView, body);
  if (!run) return undefined;
  const { status, started_at } = run;
  // A run that is being stopped may not have started.
  if (report === "started") return started_at === undefined ? !UNSTARTED.includes(status) : started_at !== null;
  // A predecessor that died before it could note that a run had ended may have reported it all the same: it knew better.
  if (report === "failed") return TERMINAL.includes(status);
  return status === report;
}

function read<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
