import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { type EmbeddedCoordinator, type RecordEntry, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import type { Happening } from "./plan.ts";

/** Long enough for every run of the suite: nothing is to end because the suite takes its time. */
const NEVER_SECONDS = 1_000_000;

export interface CoordinatorsSettings {
  /** The file that outlasts them. */
  readonly data: string;
  /** Told of each request in the order of its answer. */
  readonly onEntry: (entry: RecordEntry) => void;
}

/** One coordinator after another on the same data; each forgets who was registered at the one before. */
export class Coordinators {
  /** All that any of them recorded. */
  readonly record: RecordEntry[] = [];
  readonly #settings: CoordinatorsSettings;
  #current: EmbeddedCoordinator | undefined;

  constructor(settings: CoordinatorsSettings) {
    this.#settings = settings;
  }

  get port(): number | undefined {
    return this.#current?.port;
  }

  /** Reports overwrite anything, as they do at the reference: what a runner says twice counts twice. */
  async start({ ghosts }: { readonly ghosts: boolean }): Promise<void> {
    const coordinator = await startEmbeddedCoordinator({
      port: 0,
      data: this.#settings.data,
      pollTimeoutSeconds: 1,
      heartbeatIntervalSeconds: 1,
      noMatchTimeoutSeconds: NEVER_SECONDS,
      runRecoveryMode: "none",
      recordLimit: Number.MAX_SAFE_INTEGER,
      hazards: { unguardedReports: true, ghostPolls: ghosts },
    });
    void coordinator.recorded((entry) => {
      this.record.push(entry);
      this.#settings.onEntry(entry);
      return false;
    });
    this.#current = coordinator;
  }

  async restart({ ms, ghosts, requeue }: Extract<Happening, { kind: "coordinator restarted" }>): Promise<void> {
    await this.close();
    if (requeue) offerClaimedAgain(this.#settings.data);
    await wait(ms);
    await this.start({ ghosts });
  }

  /** Ends as a killed process does: open connections break. */
  async close(): Promise<void> {
    const ending = this.#current;
    this.#current = undefined;
    await ending?.close();
  }

  /** A client's request, past the proxy; nothing while nobody is there. */
  async ask(method: string, path: string, body?: object): Promise<Response | undefined> {
    if (this.#current === undefined) return undefined;
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    return fetch(this.#current.url + path, init).catch(() => undefined);
  }
}

/** What the reference does at its start to runs that were claimed long ago (protocol §7.2 H13). */
function offerClaimedAgain(data: string): void {
  const database = new DatabaseSync(data);
  database.exec("UPDATE runs SET status = 'pending', runner_id = NULL, claimed_at = NULL WHERE status = 'claimed'");
  database.close();
}
