import type { Feed, Logger } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { isAcknowledged, isSuccess } from "./judgement.ts";
import { listedRuns } from "./listed-runs.ts";
import type { Reconciliation } from "./reconciliation.ts";
import type { Registration } from "./registration.ts";

export interface StopsSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly log: Logger;
  readonly feed: Feed;
  /** Knows whose a run is. */
  readonly reconciliation: Pick<Reconciliation, "isOurs" | "settleLost" | "request">;
  /** Whether reports of a session's run are still to be delivered; they will settle it. */
  readonly isOwed: (session: string) => boolean;
  /** Ends what is under way when the source closes. */
  readonly signal: AbortSignal;
}

/** Carries out the coordinator's requests to stop sessions. */
export class Stops {
  readonly #settings: StopsSettings;

  constructor(settings: StopsSettings) {
    this.#settings = settings;
  }

  /**
   * Stops sessions: what works here all at once, then what is unknown here one by one, for an answer may name any number of
   * sessions. Never rejects.
   */
  async stop(sessions: readonly string[]): Promise<void> {
    const unknown: string[] = [];
    const stops = [...new Set(sessions)].map(async (session) => {
      if (await this.#isUnknown(session)) unknown.push(session);
    });
    await Promise.all(stops);
    for (const session of unknown) {
      if (this.#settings.signal.aborted) return;
      await this.#guard(session, () => this.#settleUnknown(session));
    }
  }

  async #isUnknown(session: string): Promise<boolean> {
    const { feed, log, isOwed } = this.#settings;
    const answer = await this.#guard(session, () => feed.stop({ session }));
    if (answer) log.info({ session_id: session, answer }, "the coordinator asked to stop a session");
    return answer === "unknown" && !isOwed(session);
  }

  async #guard<T>(session: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (thrown) {
      this.#settings.log.warn({ err: thrown, session_id: session }, "a session could not be stopped");
      // What was to be stopped is listed until it is settled.
      this.#settings.reconciliation.request();
      return undefined;
    }
  }

  /**
   * A session that nothing works in here, say because a predecessor of this process did, would stay `stopping` for ever.
   * One that has ended meanwhile keeps its end: the request was queued before. What a twin may work in is left to it.
   */
  async #settleUnknown(session: string): Promise<void> {
    const { client, registration, reconciliation, signal, log } = this.#settings;
    const registered = registration.current;
    if (!registered || (await this.#statusOf(session)) !== "stopping") return;
    const { runnerId } = registered;
    const runs = (await listedRuns(client, "stopping", runnerId, signal)) ?? [];
    for (const run of runs.filter(({ session_id }) => session_id === session)) {
      if (!(await reconciliation.isOurs(run, registered, signal)))
        return log.warn({ session_id: session, run_id: run.run_id }, "a session is another runner's; left alone");
      await reconciliation.settleLost(run, registered, signal);
    }
    const path = `/runner/sessions/${encodeURIComponent(session)}/status`;
    await this.#post(path, { runner_id: runnerId, status: "stopped" });
  }

  async #statusOf(session: string): Promise<unknown> {
    const { client, signal } = this.#settings;
    const path = `/sessions/${encodeURIComponent(session)}/status`;
    const reply = await client.send("GET", path, { signal, repeatable: true });
    return isSuccess(reply) ? (JSON.parse(reply.body) as { status?: unknown }).status : undefined;
  }

  async #post(path: string, members: object): Promise<void> {
    const { client, log, signal } = this.#settings;
    const reply = await client.send("POST", path, { body: JSON.stringify(members), signal });
    if (!isAcknowledged(reply))
      log.warn({ path, status: reply.status }, "the coordinator did not take that a session stopped");
  }
}
