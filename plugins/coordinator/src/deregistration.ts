import type { Logger } from "leasehold";
import { unlessAborted } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { describeReply, isTaken } from "./judgement.ts";
import type { Poller } from "./poller.ts";
import type { Registration } from "./registration.ts";

export interface FarewellSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly poller: Pick<Poller, "open" | "idle">;
  readonly log: Logger;
}

/**
 * Deregisters this runner and leaves no ghost poll behind. The coordinator goes on answering an abandoned poll, and claims
 * runs for it, even after a runner deregistered itself (protocol §7.2 H1). So while a poll is open the runner is marked
 * from outside, and the poll brings the answer. Never rejects; past `signal` the rest is left undone.
 */
export async function sayFarewell(
  { client, registration, poller, log }: FarewellSettings,
  signal: AbortSignal,
): Promise<void> {
  const runnerId = registration.current?.runnerId;
  if (runnerId === undefined) return;
  const path = `/runners/${encodeURIComponent(runnerId)}`;
  const deregister = async (query: string) => {
    const reply = await client.send("DELETE", path + query, { signal, repeatable: true });
    if (!isTaken(reply) && reply.status !== 404) throw new Error(`${client.url} answered ${describeReply(reply)}`);
  };
  try {
    if (poller.open > 0) {
      await deregister("");
      await unlessAborted(poller.idle(), signal);
    }
    // A poll that ended by its own time just then took no notice of the mark.
    if (registration.current && !signal.aborted) await deregister("?self=true");
    await registration.ended();
    log.info({ runner_id: runnerId }, "deregistered");
  } catch (err) {
    log.warn(
      { err, runner_id: runnerId },
      "could not deregister; the coordinator forgets this runner after 10 minutes",
    );
  }
}
