import type { JournalState, LeaseState } from "../journal/journal-state.ts";
import type { Logger } from "../log/logger.ts";
import type { Resource } from "../run/resource.ts";
import type { ResourceLedger } from "../run/resource-ledger.ts";
import type { Intake } from "../sources/intake.ts";

/** What a predecessor of this process left in the journal. */
export interface Left {
  readonly open: readonly LeaseState[];
  readonly closed: readonly LeaseState[];
  readonly resources: readonly Resource[];
}

/** A copy, since the journal goes on. */
export function leftIn({ open, closed, resources }: JournalState): Left {
  const copies = [...open.values()].map((state) => ({ ...state, owed: new Map(state.owed) }));
  return { open: copies, closed: [...closed.values()], resources: [...resources.values()] };
}

/** Ends what is still alive of a predecessor, or has it adopted, before anything new is leased. */
export async function recoverResources(
  { resources }: Left,
  ledger: ResourceLedger,
  seconds: number,
  log: Logger,
): Promise<void> {
  if (resources.length === 0) return;
  log.warn({ resources: resources.length }, `a predecessor died; ${resources.length} resources of it are looked after`);
  await ledger.recover(resources, new Error("the runner was restarted"), seconds);
}

/** Settles a predecessor's unfinished runs as failed, and sees to the delivery of what it owed, once the sources start. */
export async function recoverRuns({ open, closed }: Left, intakes: readonly Intake[], log: Logger): Promise<void> {
  const durable = new Map(intakes.filter(({ delivery }) => delivery).map((intake) => [intake.source.name, intake]));
  for (const state of closed) durable.get(state.lease.source)?.recognize(state);
  await Promise.all(open.map((state) => durable.get(state.lease.source)?.recover(state)));
  for (const [source, runs] of Map.groupBy(open, ({ lease }) => lease.source)) {
    const unfinished = runs.filter(({ settled }) => !settled).length;
    const counts = { source, unfinished, owed: runs.length - unfinished };
    if (durable.has(source))
      log.warn(
        counts,
        `a predecessor left ${unfinished} unfinished runs, which count as failed, and ${counts.owed} undelivered ones`,
      );
    else
      log.error(
        counts,
        `runs of lease source "${source}" are owed, but it is not started here; they stay in the journal`,
      );
  }
}
