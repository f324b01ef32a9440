import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { LeaseRecord } from "../journal/journal.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import { RunAborted } from "../run/aborted.ts";
import type { AnyEntrypoint } from "../run/entrypoint.ts";
import type { Outcome } from "../run/outcome.ts";
import { END_SECONDS } from "../run/pipeline.ts";
import { RunState, type Surroundings } from "../run/run-state.ts";
import type { Courier } from "./courier.ts";
import { EventOutlet } from "./event-outlet.ts";
import type { IntakeParts } from "./intake-parts.ts";
import { report, reportOutcome } from "./reports.ts";
import type { OccupiedSlot, SlotPool } from "./slots.ts";
import type { LeasedRun, LeaseSource } from "./source.ts";

/** A run with all that goes with it. */
export interface Carried {
  readonly run: RunState;
  readonly lease: LeaseRecord;
  readonly courier: Courier | undefined;
  readonly events: EventOutlet;
  /** The slot in which it executes; nothing when the run was aborted, or the leasing ended, before there was one. */
  readonly slot: () => OccupiedSlot | undefined | Promise<OccupiedSlot | undefined>;
}

/** Carries runs of one source from the lease to the outcome, with reports along the way. */
export class RunCarrier {
  readonly #source: LeaseSource;
  readonly #parts: IntakeParts;
  readonly #log: Logger;
  readonly #slots: Pick<SlotPool, "counts">;
  readonly #leasing: AbortSignal;

  /** @param leasing Aborted when the source is to lease no more. */
  constructor(source: LeaseSource, parts: IntakeParts, slots: Pick<SlotPool, "counts">, leasing: AbortSignal) {
    this.#source = source;
    this.#parts = parts;
    this.#log = parts.log.child({ source: source.name });
    this.#slots = slots;
    this.#leasing = leasing;
  }

  newRun(run: LeasedRun, profile: Profile | undefined, emit: Surroundings["emit"]): RunState {
    const { projectDir, limits, secrets, ledger, services } = this.#parts;
    return new RunState(run, {
      source: this.#source.name,
      attached: this.#source.delivery === "attached",
      profile: profile ?? this.#parts.profile(),
      projectDir,
      limits,
      log: this.#log,
      secrets,
      ledger,
      services,
      emit,
    });
  }

  /** What a run would be resolved to, were it leased. */
  foresee(run: LeasedRun, profile: Profile | undefined): Promise<AnyEntrypoint | undefined> {
    return this.#parts.pipeline.foresee(this.newRun(run, profile, () => undefined));
  }

  outletFor(run: RunState, courier: Courier | undefined): EventOutlet {
    return new EventOutlet(
      () => courier?.waiting ?? 0,
      (event) => void report(this.#source, courier, run, { type: "event", event }),
    );
  }

  /** The outcome that was reported; never rejects. `settled` hears of it as soon as it counts. */
  async carry({ run, lease, courier, events, slot }: Carried, settled: (outcome: Outcome) => void): Promise<Outcome> {
    // The lease is entered among the active ones before anything of it happens.
    const unwritten = courier && (await this.#enterLease(lease));
    const occupied = await slot();
    const refusal = this.#leasing.aborted ? new LeaseholdError("RUNNER_CLOSING") : undefined;
    const onExecute = () => void report(this.#source, courier, run, { type: "started" });
    const taken = await this.#parts.pipeline.take(run, onExecute, unwritten ?? refusal);
    events.mark();
    // An outcome counts once its reports are journalled.
    const outcome = await reportOutcome(this.#source, courier, run, taken);
    settled(outcome);
    if (run.endsSession) await this.endSession(run.session.id, new RunAborted("stop", "the session was stopped"));
    if (occupied) this.#giveBack(occupied, run, outcome);
    // Whoever refuses a report may quote it, and the refusal is logged.
    if (courier) void courier.done.then(() => run.forgetSecrets());
    else run.forgetSecrets();
    return outcome;
  }

  /** Ends what a session keeps between its runs. */
  endSession(session: string, reason: RunAborted) {
    const seconds = this.#parts.limits.graceSeconds + END_SECONDS;
    return this.#parts.ledger.end({ type: "session", session }, reason, seconds);
  }

  /** Answers why the run must not start: nobody would know of it after a crash. */
  async #enterLease(lease: LeaseRecord): Promise<LeaseholdError | undefined> {
    try {
      await this.#parts.journal.lease(lease);
      return undefined;
    } catch (thrown) {
      return new LeaseholdError("JOURNAL_FAILED", { problem: messageOf(thrown) }, { cause: thrown });
    }
  }

  #giveBack(slot: OccupiedSlot, run: RunState, { receipt }: Outcome): void {
    if (!receipt || receipt.survivors === 0) return slot.release();
    run.log.error({ receipt }, "something of the run may be alive, so its slot is set aside until the runner restarts");
    slot.quarantine();
    const { slots, quarantined } = this.#slots.counts;
    if (quarantined < slots) return;
    const fault = new LeaseholdError("SLOTS_QUARANTINED", { source: this.#source.name, slots });
    this.#parts.log.fatal({ err: fault, source: this.#source.name, slots }, fault.message);
  }
}
