import type { Scripts } from "@leasehold/script-executor";
import type { Feed, Logger, Slot } from "leasehold";
import { type PollAnswer, readPollAnswer } from "./answers.ts";
import { Backoff, pause } from "./backoff.ts";
import type { Delivery } from "./delivery.ts";
import type { Lease, RunRef } from "./lease.ts";
import type { Stops } from "./stops.ts";
import type { Timing } from "./timing.ts";

/** Attempts to report a run that the core could not be given. */
const REFUSAL_ATTEMPTS = 5;

export interface ArrivalsSettings {
  readonly feed: Feed;
  readonly stops: Stops;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly timing: Timing;
  readonly scripts: Pick<Scripts, "sync" | "remove"> | undefined;
  readonly leaseIn: (answer: PollAnswer) => Lease | undefined;
  /** Called before a run is offered. */
  readonly onLease: (ref: RunRef, lease: Lease) => void;
  /** Called when a run could not be offered after all. */
  readonly onDropped: (ref: RunRef) => void;
  readonly onDeregistered: () => void;
  /** Whether the core takes no more runs, not even to refuse them. */
  readonly isClosing: () => boolean;
  /** Ends what is under way when the source is closed. */
  readonly signal: AbortSignal;
}

/** Takes what polls bring, in the order of the protocol's priorities (§2.3). */
export class Arrivals {
  readonly #settings: ArrivalsSettings;

  constructor(settings: ArrivalsSettings) {
    this.#settings = settings;
  }

  /**
   * Takes the body of a poll's 200, and the slot that the poll has left: a run without one waits first in line. Answers whether
   * it brought a run that was not known, nothing new, or no sense at all. Never rejects.
   */
  async take(body: string, slot: Slot | undefined): Promise<"news" | "nothing" | "failed"> {
    const { log, stops, leaseIn, onDeregistered } = this.#settings;
    const answer = readPollAnswer(body);
    for (const problem of answer.problems)
      log.error({ problem }, "the coordinator answered a poll with something that makes no sense");
    if (answer.deregistered) {
      slot?.release();
      onDeregistered();
      return "nothing";
    }
    void stops.stop(answer.stopSessions);
    this.#tellOfScripts(answer);
    const lease = leaseIn(answer);
    if (lease) return (await this.#offer(lease, slot)) ? "news" : "nothing";
    slot?.release();
    return answer.problems.length === 0 ? "nothing" : "failed";
  }

  /** Answers whether the run was not known. */
  async #offer(lease: Lease, slot: Slot | undefined): Promise<boolean> {
    const { feed, onLease, onDropped, isClosing } = this.#settings;
    const { run } = lease;
    const ref = { run: run.id, session: run.session.id };
    if (isClosing()) {
      slot?.release();
      await this.#refuse(ref, this.#logOf(run), "the runner is shutting down and takes no more runs");
      return true;
    }
    onLease(ref, lease);
    try {
      return feed.offer({ ref, run }, slot).verdict === "started";
    } catch (thrown) {
      slot?.release();
      onDropped(ref);
      const log = this.#logOf(run);
      log.error({ err: thrown }, "a run could not be taken");
      await this.#refuse(ref, log, thrown instanceof Error ? thrown.message : String(thrown));
      return true;
    }
  }

  #logOf({ id, session, agent }: Lease["run"]): Logger {
    return this.#settings.log.child({ run_id: id, session_id: session.id, agent: agent.name });
  }

  /** Settles a run that the core does not have. Nothing is kept of it, so a few attempts must do. */
  async #refuse(ref: RunRef, log: Logger, error: string): Promise<void> {
    const { delivery, signal, timing } = this.#settings;
    const backoff = new Backoff(timing);
    let uncertain = false;
    for (let number = 1; number <= REFUSAL_ATTEMPTS && !signal.aborted; number++) {
      const answer = await delivery.deliver(ref, { type: "failed", error }, { number, uncertain, signal, log });
      if (answer === "accepted" || answer === "gone" || answer === "keep") return;
      uncertain ||= answer === "unknown";
      await pause(backoff.next(), signal);
    }
    log.error("a run was neither executed nor could its refusal be reported");
  }

  #tellOfScripts({ syncScripts, removeScripts }: PollAnswer): void {
    if (syncScripts.length + removeScripts.length === 0) return;
    const { scripts, log } = this.#settings;
    if (!scripts)
      return log.info({ sync: syncScripts, remove: removeScripts }, "scripts changed; this runner keeps none");
    scripts.remove(removeScripts);
    scripts.sync(syncScripts);
  }
}
