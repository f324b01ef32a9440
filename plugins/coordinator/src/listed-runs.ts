import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { isSuccess } from "./judgement.ts";
import { isPathSegment } from "./path-segment.ts";

/** A run as the coordinator lists it (protocol §1.2), as far as somebody looks at it here. */
export interface ListedRun {
  readonly run_id: string;
  readonly session_id: string;
  readonly status: string;
  /** ISO-8601. */
  readonly claimed_at?: string | null | undefined;
  readonly started_at?: string | null | undefined;
}

/** A run that is neither pending nor over. */
export type OpenStatus = "claimed" | "running" | "stopping";

/**
 * Runs of a runner that are in a status, read from the list of runs. Nothing when the list cannot be had: one run that it
 * cannot serialise makes the coordinator answer 500 (protocol §7.2 H17). Rejects with `Unanswered`.
 */
export async function listedRuns(
  client: CoordinatorClient,
  status: OpenStatus,
  runnerId: string,
  signal: AbortSignal,
): Promise<readonly ListedRun[] | undefined> {
  const reply = await client.send("GET", `/runs?status=${status}`, { signal, repeatable: true });
  const { data } = isSuccess(reply) ? list.safeParse(parse(reply.body)) : {};
  return data?.runs.flatMap((run) => ownRun(run, runnerId) ?? []);
}

/** The run as it is now; nothing when it is another runner's, or cannot be had. Rejects with `Unanswered`. */
export async function listedRun(
  client: CoordinatorClient,
  run: string,
  runnerId: string,
  signal: AbortSignal,
): Promise<ListedRun | undefined> {
  const reply = await client.send("GET", `/runs/${encodeURIComponent(run)}`, { signal, repeatable: true });
  return isSuccess(reply) ? ownRun(parse(reply.body), runnerId) : undefined;
}

const id = z.string().refine(isPathSegment);
const listed = z.object({
  run_id: id,
  session_id: id,
  status: z.string().default(""),
  runner_id: z.string().nullish(),
  claimed_at: z.string().nullish(),
  started_at: z.string().nullish(),
});
const list = z.object({ runs: z.array(z.unknown()) });

function ownRun(value: unknown, runnerId: string): ListedRun | undefined {
  const { data } = listed.safeParse(value);
  return data?.runner_id === runnerId ? data : undefined;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
