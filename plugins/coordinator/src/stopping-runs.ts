import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { isSuccess } from "./judgement.ts";

export interface StoppingRun {
  readonly run_id: string;
  readonly session_id: string;
}

/**
 * Runs of this runner that a client wants stopped, read from the list of runs. Nothing when the list cannot be had: one
 * run that it cannot serialise makes the coordinator answer 500 (protocol §7.2 H17). Rejects with `Unanswered`.
 */
export async function stoppingRuns(
  client: CoordinatorClient,
  runnerId: string,
  signal: AbortSignal,
): Promise<readonly StoppingRun[]> {
  const reply = await client.send("GET", "/runs?status=stopping", { signal, repeatable: true });
  if (!isSuccess(reply)) return [];
  return readRuns(reply.body).filter((run) => run.runner_id === runnerId);
}

const listedRun = z.object({ run_id: z.string(), session_id: z.string(), runner_id: z.string().nullish() });
const list = z.object({ runs: z.array(z.unknown()) });

function readRuns(body: string): z.output<typeof listedRun>[] {
  try {
    return list.parse(JSON.parse(body)).runs.flatMap((run) => listedRun.safeParse(run).data ?? []);
  } catch {
    return [];
  }
}
