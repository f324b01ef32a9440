import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { Unanswered } from "./exchange.ts";
import { describeReply, isSuccess } from "./judgement.ts";

/** Member of `executor` in a registration; the coordinator keeps that object as it came and lists it (protocol §1.1, §2.3). */
export const INSTANCE = "leasehold_instance";

/** Who is registered under an id, as the coordinator lists it. */
export interface RosterEntry {
  /** Which runner it is: two of one identity have one id. Nothing for a runner of another make. */
  readonly instance: string | undefined;
  readonly status: string;
  /** The coordinator's clock when it answered, in milliseconds since the epoch. */
  readonly now: number | undefined;
  /** Since when the id is registered at the earliest, by whomever; milliseconds of the monotonic clock. */
  readonly registeredAt: number;
}

/** The coordinator's times are told to the millisecond or better, here and there. */
export const TOLD_TO_MS = 1;

const runner = z.object({
  runner_id: z.string(),
  status: z.string(),
  executor: z.record(z.string(), z.unknown()).nullish().catch(null),
  registered_at: z.string().nullish().catch(null),
  last_heartbeat: z.string().nullish().catch(null),
  seconds_since_heartbeat: z.number().nullish().catch(null),
});
const roster = z.object({ runners: z.array(z.unknown()) });

/** Who is registered under an id; nothing when nobody is. Rejects with `Unanswered`. */
export async function rosterEntry(
  client: CoordinatorClient,
  runnerId: string,
  signal: AbortSignal,
): Promise<RosterEntry | undefined> {
  const sentAt = performance.now();
  const reply = await client.send("GET", "/runners", { signal, repeatable: true });
  const read = isSuccess(reply) ? roster.safeParse(parse(reply.body)).data : undefined;
  if (!read) throw new Unanswered(`GET ${client.url}/runners answered ${describeReply(reply)}`, false);
  const found = read.runners
    .map((entry) => runner.safeParse(entry).data)
    .find((candidate) => candidate?.runner_id === runnerId);
  if (!found) return undefined;
  const instance = found.executor?.[INSTANCE];
  const now = Date.parse(found.last_heartbeat ?? "") + (found.seconds_since_heartbeat ?? Number.NaN) * 1_000;
  const registeredMs = now - Date.parse(found.registered_at ?? "");
  return {
    instance: typeof instance === "string" ? instance : undefined,
    status: found.status,
    now: Number.isFinite(now) ? now : undefined,
    registeredAt: Number.isFinite(registeredMs) ? sentAt - registeredMs - TOLD_TO_MS : Number.NEGATIVE_INFINITY,
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
