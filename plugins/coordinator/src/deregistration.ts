import type { Logger } from "leasehold";
import { unlessAborted } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { describeReply, isAcknowledged } from "./judgement.ts";
import type { Poller } from "./poller.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";
import { rosterEntry } from "./roster.ts";

export interface FarewellSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly poller: Pick<Poller, "open" | "idle">;
  readonly log: Logger;
  /** Whether runs of another runner are held under our id: they would fail if this runner deregistered itself. */
  readonly holdsOthers: boolean;
}

/**
 * Deregisters this runner and leaves no ghost poll behind. The coordinator goes on answering an abandoned poll, and claims
 * runs for it, even after a runner deregistered itself (protocol §7.2 H1). So while a poll is open the runner is marked
 * from outside, and the poll brings the answer. Never rejects; past `signal` the rest is left undone.
 */
export async function sayFarewell(
  { client, registration, poller, log, holdsOthers }: FarewellSettings,
  signal: AbortSignal,
): Promise<void> {
  const runnerId = registration.current?.runnerId;
  if (runnerId === undefined) return;
  if (await isATwins(client, registration, runnerId, signal)) {
    await registration.ended();
    return log.warn({ runner_id: runnerId }, "another runner of this identity is registered; not deregistering it");
  }
  const path = `/runners/${encodeURIComponent(runnerId)}`;
  const deregister = async (query: string) => {
    const reply = await client.send("DELETE", path + query, { signal, repeatable: true });
    if (!isAcknowledged(reply) && reply.status !== 404)
      throw new Error(`${client.url} answered ${describeReply(reply)}`);
  };
  try {
    if (poller.open > 0 || holdsOthers) {
      await deregister("");
      await unlessAborted(poller.idle(), signal);
    }
    // A poll that ended by its own time just then took no notice of the mark.
    const isMarked = registration.current && !signal.aborted;
    if (isMarked && holdsOthers) await client.send("GET", pollPathOf(registration.current), { signal });
    else if (isMarked) await deregister("?self=true");
    await registration.ended();
    log.info({ runner_id: runnerId }, "deregistered");
  } catch (err) {
    log.warn(
      { err, runner_id: runnerId },
      "could not deregister; the coordinator forgets this runner after 10 minutes",
    );
  }
}

/** A poll of a runner that is marked is answered at once, and with nothing but that (protocol §2.3). */
function pollPathOf({ pollPath, runnerId }: Registered): string {
  return `${pollPath}?runner_id=${encodeURIComponent(runnerId)}`;
}

/** Whether a twin has come in our place. Where it cannot be told it has not: the registration was ours when it was last looked at. */
async function isATwins(
  client: CoordinatorClient,
  registration: Registration,
  runnerId: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (registration.isSuperseded) return true;
  const entry = await rosterEntry(client, runnerId, signal).catch(() => undefined);
  return entry !== undefined && entry.instance !== registration.note.instance;
}
