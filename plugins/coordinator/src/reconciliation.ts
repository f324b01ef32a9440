import type { Feed, Logger } from "leasehold";
import { Backoff, pause } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { type ClockReading, CoordinatorClock } from "./coordinator-clock.ts";
import { describeReply, isAcknowledged } from "./judgement.ts";
import { type ListedRun, listedRun, listedRuns, type OpenStatus } from "./listed-runs.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";
import { rosterEntry, TOLD_TO_MS } from "./roster.ts";
import type { Timing } from "./timing.ts";

export interface ReconciliationSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly log: Logger;
  readonly timing: Timing;
  readonly feed: Pick<Feed, "knows">;
  /** Milliseconds for which the coordinator goes on answering a poll that is lost. */
  readonly ghostMs: () => number;
  /** Resolves when every poll has ended that was opened before that moment of the monotonic clock. */
  readonly pollsBefore: (at: number) => Promise<void>;
}

const OPEN: readonly OpenStatus[] = ["claimed", "running", "stopping"];
/**
 * A run with when it was claimed at the earliest and at the latest, by the monotonic clock; nothing where that is not known. A
 * run that was claimed for us was so at least one and a half times after the registration was sent that a request takes to
 * come back, so that the earliest moment tells it from what a twin had before.
 */
interface Claim {
  readonly run: ListedRun;
  readonly at: number | undefined;
  readonly latest: number | undefined;
}

/**
 * Finds what the coordinator holds for us and we know nothing of, and settles it, so that nobody waits for it for ever: runs
 * whose poll's answer was lost, which the coordinator claims even for polls that are gone (protocol §7.2 H1), and stops of
 * such runs. What was claimed while the registration was not certainly ours may be at work in a twin, and is left alone.
 */
export class Reconciliation {
  readonly #settings: ReconciliationSettings;
  /** Runs of a twin that the last look has found, each of which was told of. */
  readonly #leftAlone = new Set<string>();
  readonly #settling = new Map<string, Promise<boolean>>();
  readonly #coordinatorClock = new CoordinatorClock();
  #wanted = Promise.withResolvers<void>();
  /** Until then, by the monotonic clock, abandoned polls may claim runs. */
  #ghostsUntil = 0;

  constructor(settings: ReconciliationSettings) {
    this.#settings = settings;
  }

  /** Something may have been lost now. */
  request(): void {
    this.#ghostsUntil = performance.now() + this.#settings.ghostMs();
    this.#wanted.resolve();
  }

  /** Reconciles whenever it was asked for, and until nothing is left, till `signal` is aborted. Never rejects. */
  async until(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#settings.timing);
    signal.addEventListener("abort", () => this.#wanted.resolve(), { once: true });
    while (!signal.aborted) {
      await this.#wanted.promise;
      this.#wanted = Promise.withResolvers<void>();
      const left = await this.#reconcile(signal);
      if (!left) backoff.reset();
      const again = left ? backoff.next() : this.#ghostsUntil - performance.now();
      if (again <= 0) continue;
      const waiting = new AbortController();
      await Promise.race([pause(again, AbortSignal.any([signal, waiting.signal])), this.#wanted.promise]);
      waiting.abort();
      this.#wanted.resolve();
    }
  }

  /** Whether runs of a twin are held under our id: the coordinator fails them when a runner deregisters itself. */
  get leftAlone(): boolean {
    return this.#leftAlone.size > 0;
  }

  /** Whether a run that is listed as ours was claimed for this runner, or a predecessor with its journal. Rejects with `Unanswered`. */
  async isOurs(run: ListedRun, registered: Registered, signal: AbortSignal): Promise<boolean> {
    const clock = await this.#clock(registered, signal);
    return clock !== undefined && this.#isOurs(claimOf(run, clock));
  }

  /** Answers whether something is left to settle, now or later. */
  async #reconcile(signal: AbortSignal): Promise<boolean> {
    const { registration, log } = this.#settings;
    const registered = registration.current;
    if (!registered) return false;
    try {
      const unknown = await this.#unknownRuns(registered, signal);
      // Whose the registration is must be asked after what is listed under it: it may pass to a twin at any moment.
      const clock = await this.#clock(registered, signal);
      if (unknown === undefined || clock === undefined) return true;
      this.#forgetOthersThan(unknown);
      const settling = unknown.map((run) => this.#settle(claimOf(run, clock), registered, signal));
      // One that fails must not have the others found again while they are still being settled.
      const ends = await Promise.allSettled(settling);
      return ends.some((end) => end.status === "rejected" || !end.value);
    } catch (err) {
      log.debug({ err }, "what the coordinator holds for this runner could not be compared");
      return true;
    }
  }

  /** Also finds out whether the registration is ours now: what was claimed before it passed to a twin still is. */
  async #clock({ runnerId }: Registered, signal: AbortSignal): Promise<ClockReading | undefined> {
    const { client, registration } = this.#settings;
    const { note, tenure } = registration;
    const sentAt = performance.now();
    const entry = await rosterEntry(client, runnerId, signal);
    const readAt = performance.now();
    if (!entry) tenure.end();
    else if (entry.instance === note.instance) tenure.shown(sentAt);
    else registration.takenOver(entry.registeredAt);
    const clock = entry?.now === undefined ? undefined : this.#coordinatorClock.read(entry.now, sentAt, readAt);
    if (!clock) return undefined;
    if (note.since === undefined && tenure.since !== undefined)
      await note.keep(registration.current, tenure.since + clock.ahead);
    return clock;
  }

  #forgetOthersThan(found: readonly ListedRun[]): void {
    const ids = new Set(found.map(({ run_id }) => run_id));
    for (const run of this.#leftAlone) if (!ids.has(run)) this.#leftAlone.delete(run);
  }

  async #unknownRuns({ runnerId }: Registered, signal: AbortSignal): Promise<readonly ListedRun[] | undefined> {
    const lists = await Promise.all(OPEN.map((status) => listedRuns(this.#settings.client, status, runnerId, signal)));
    if (lists.includes(undefined)) return undefined;
    return lists.flatMap((list) => list ?? []).filter(({ run_id }) => !this.#settings.feed.knows(run_id));
  }

  #isOurs({ at, latest }: Claim): boolean {
    return at !== undefined && latest !== undefined && this.#settings.registration.tenure.covers(at, latest);
  }

  /** Answers whether nothing is left to do. */
  async #settle(claim: Claim, registered: Registered, signal: AbortSignal): Promise<boolean> {
    // The answer that brings it may be on its way to us.
    if (claim.latest !== undefined) await this.#settings.pollsBefore(claim.latest);
    if (this.#settings.feed.knows(claim.run.run_id)) return true;
    if (!this.#isOurs(claim) && !this.#isForgotten(claim)) return this.#leave(claim);
    return this.settleLost(claim.run, registered, signal);
  }

  /**
   * Reports the end of a run of ours that is not known here, if it has none. Who finds it while that is under way shares it,
   * for two reports would be one too many. Answers whether nothing is left to do; rejects with `Unanswered`.
   */
  settleLost(run: ListedRun, registered: Registered, signal: AbortSignal): Promise<boolean> {
    const underWay = this.#settling.get(run.run_id);
    if (underWay) return underWay;
    const settling = this.#settleLost(run, registered, signal).finally(() => this.#settling.delete(run.run_id));
    this.#settling.set(run.run_id, settling);
    return settling;
  }

  async #settleLost(run: ListedRun, registered: Registered, signal: AbortSignal): Promise<boolean> {
    const { client, feed } = this.#settings;
    if (signal.aborted || feed.knows(run.run_id)) return true;
    const now = await listedRun(client, run.run_id, registered.runnerId, signal);
    const status = OPEN.find((open) => open === now?.status);
    if (!status || feed.knows(run.run_id)) return true;
    // Somebody has claimed it anew meanwhile: whose it is must be asked again.
    if (now?.claimed_at !== run.claimed_at) return false;
    return this.#report(run, status, registered, signal);
  }

  /**
   * A twin that got the run would have reported its start long ago; a coordinator that hears nothing of a runner for so long
   * fails what it claimed (protocol §2.8), which it cannot do here, since we have taken that runner's place.
   */
  #isForgotten({ run, at }: Claim): boolean {
    const neverStarted = run.status === "claimed" || (run.status === "stopping" && !run.started_at);
    return neverStarted && at !== undefined && performance.now() - at >= this.#settings.timing.forgottenMs;
  }

  #leave({ run: { run_id, session_id, status } }: Claim): false {
    if (!this.#leftAlone.has(run_id))
      this.#settings.log.warn(
        { run_id, session_id, status },
        "the coordinator holds a run that another runner of this identity has leased; it is left alone",
      );
    this.#leftAlone.add(run_id);
    return false;
  }

  async #report(
    { run_id, session_id }: ListedRun,
    status: OpenStatus,
    { runnerId }: Registered,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, log } = this.#settings;
    const told = status === "stopping" ? "stopped" : "failed";
    const body = JSON.stringify({ runner_id: runnerId, ...(told === "failed" ? { error: LOST[status] } : SIGTERM) });
    const path = `/runner/runs/${encodeURIComponent(run_id)}/${told}`;
    const reply = await client.send("POST", path, { body, signal });
    const about = { run_id, session_id, status };
    if (isAcknowledged(reply))
      log.warn(about, `the coordinator held a run that never was, or is no more, here: ${told}`);
    else log.warn(about, `a lost run could not be settled: the coordinator answered ${describeReply(reply)}`);
    return isAcknowledged(reply) || reply.status === 404;
  }
}

const SIGTERM = { signal: "SIGTERM" };
const LOST: Readonly<Record<OpenStatus, string>> = {
  claimed: "the runner never received this run: the answer that held it was lost",
  running: "the runner knows nothing of this run any more",
  stopping: "",
};

function claimOf(run: ListedRun, { ahead, error }: ClockReading): Claim {
  const claimedAt = Date.parse(run.claimed_at ?? "");
  if (Number.isNaN(claimedAt)) return { run, at: undefined, latest: undefined };
  return { run, at: claimedAt - ahead - error, latest: claimedAt - ahead + error + TOLD_TO_MS };
}
