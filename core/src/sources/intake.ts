import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { LeaseRecord } from "../journal/journal.ts";
import { type LeaseState, MOST_CLOSED } from "../journal/journal-state.ts";
import type { Profile } from "../profiles/profile.ts";
import { RunAborted } from "../run/aborted.ts";
import type { AnyEntrypoint } from "../run/entrypoint.ts";
import { failed, type Outcome } from "../run/outcome.ts";
import type { RunState } from "../run/run-state.ts";
import type { SourceStanding } from "../status/runner-status.ts";
import { ActiveRuns } from "./active-runs.ts";
import { Delivery } from "./delivery.ts";
import type { IntakeParts } from "./intake-parts.ts";
import { copyRef } from "./ref.ts";
import { reportOutcome } from "./reports.ts";
import { RunCarrier } from "./run-carrier.ts";
import { SettledRuns } from "./settled-runs.ts";
import { type OccupiedSlot, SlotPool } from "./slots.ts";
import type {
  Accepted,
  Feed,
  LeasedRun,
  LeaseSource,
  Offer,
  Slot,
  SourceStatus,
  StopAnswer,
  StopTarget,
} from "./source.ts";

/**
 * Outcomes that are remembered at least: all that the journal brings from before a restart. An attached caller has its own,
 * and what is kept for long costs the collector of garbage most.
 */
const REMEMBERED: Readonly<Record<LeaseSource["delivery"], number>> = { durable: MOST_CLOSED, attached: 50 };

/** The border between one lease source and the core: slots, de-duplication, settlement, reports. */
export class Intake {
  readonly source: LeaseSource;
  readonly delivery: Delivery | undefined;
  readonly #parts: IntakeParts;
  readonly #slots: SlotPool;
  readonly #carrier: RunCarrier;
  readonly #active = new ActiveRuns();
  readonly #settled: SettledRuns;
  /** Settled by a predecessor of this process: only the source's own reports know their results. */
  readonly #recovered = new Set<string>();
  readonly #leasing = new AbortController();

  /** @param slots How many runs may execute at once. */
  constructor(source: LeaseSource, parts: IntakeParts, slots = source.slots) {
    this.source = source;
    this.#parts = parts;
    this.#slots = new SlotPool(source.name, slots, parts.telemetry);
    this.#settled = new SettledRuns(REMEMBERED[source.delivery], (run) => this.#carries(run));
    this.#carrier = new RunCarrier(source, parts, this.#slots, this.leasing);
    if (source.delivery === "durable") this.delivery = new Delivery(source, parts.journal, parts.telemetry);
  }

  /** What the source gets: the doors of a feed and nothing else of the intake. */
  readonly feed: Feed = Object.freeze<Feed>({
    slot: (signal) => this.slot(signal),
    trySlot: () => this.trySlot(),
    offer: (offer, slot) => this.offer(offer, slot),
    stop: (target, reason) => this.stop(target, reason),
    running: () => this.running(),
    knows: (run) => this.#active.has(run) || this.#settled.get(run) !== undefined || this.#carries(run),
    flush: async (signal) => (await this.delivery?.flush(signal)) ?? 0,
    remember: (key, value) => this.#parts.journal.remember(this.source.name, key, value),
    recall: (key) => this.#parts.journal.recall(this.source.name, key),
  });

  /** Aborted when the source is to lease no more. */
  get leasing(): AbortSignal {
    return this.#leasing.signal;
  }

  /** From now on offers are refused. */
  close(): void {
    this.#leasing.abort(new LeaseholdError("RUNNER_CLOSING"));
  }

  /** Resolves when no run of this source is under way. */
  idle(): Promise<void> {
    return this.#active.idle();
  }

  /** Nothing is leased until `resume`. */
  pause(): void {
    this.#slots.pause();
  }

  resume(): void {
    this.#slots.resume();
  }

  get standing(): SourceStanding {
    const told = statusOf(this.source);
    const owed = this.delivery?.owed ?? 0;
    return { name: this.source.name, ...told, ...this.#slots.counts, running: this.running(), owed };
  }

  slot(signal?: AbortSignal): Promise<Slot> {
    return this.#slots.take(signal ? AbortSignal.any([signal, this.leasing]) : this.leasing);
  }

  trySlot(): Slot | undefined {
    return this.leasing.aborted ? undefined : this.#slots.tryTake();
  }

  running(): readonly string[] {
    return this.#active.ids;
  }

  /** Knows a run that a predecessor has settled and delivered, should it be offered again. */
  recognize({ lease, settled }: LeaseState): void {
    this.#recovered.add(lease.run);
    if (settled) this.#settled.add(lease.run, settled);
  }

  /** Takes over what a predecessor left of a lease: an unfinished run counts as failed, and what is owed is delivered. */
  async recover(state: LeaseState): Promise<void> {
    const { lease, owed, settled } = state;
    this.recognize(state);
    const log = this.#parts.log.child({ source: this.source.name, run_id: lease.run, session_id: lease.session });
    const courier = this.delivery?.courier(lease, { log, uncertain: true });
    courier?.resume([...owed.values()], settled !== undefined);
    if (settled) return;
    const { code, message } = new LeaseholdError("RUNNER_RESTARTED");
    const run = { id: lease.run, session: { id: lease.session }, log };
    this.#settled.add(lease.run, await reportOutcome(this.source, courier, run, failed({ code, message })));
    log.info({ status: "failed", code }, "run failed: the runner was restarted");
  }

  offer(offer: Offer, slot?: Slot, profile?: Profile): Accepted {
    const { id } = offer.run;
    const active = this.#active.outcomeOf(id);
    const settled = this.#settled.get(id);
    if (active || settled) slot?.release();
    if (active) return this.#told(offer.run, { verdict: "joined", outcome: active });
    if (settled) {
      this.#reportAgain(offer, settled);
      return this.#told(offer.run, { verdict: "settled", outcome: Promise.resolve(settled) });
    }
    const { run, outcome } = this.#begin(offer, slot, profile);
    this.#active.add(run, outcome);
    return this.#told(offer.run, { verdict: "started", outcome });
  }

  /** What a run would be resolved to, were it offered. */
  foresee(run: LeasedRun, profile: Profile | undefined): Promise<AnyEntrypoint | undefined> {
    return this.#carrier.foresee(run, profile);
  }

  async stop(
    target: StopTarget,
    { reason = "stop", message = "the run was stopped" }: Parameters<Feed["stop"]>[1] = {},
  ): Promise<StopAnswer> {
    const meant = this.#active.meantBy(target);
    for (const run of meant) {
      if ("session" in target) run.endSession();
      run.abort(new RunAborted(reason, message));
    }
    if (meant.length > 0) return "stopping";
    if (!("session" in target)) return "unknown";
    const ended = await this.#carrier.endSession(target.session, new RunAborted(reason, message));
    return ended ? "ended" : "unknown";
  }

  #carries(run: string): boolean {
    return this.delivery?.carries(run) ?? false;
  }

  /** Throws, with nothing begun, when the offer is no good. */
  #begin(offer: Offer, slot: Slot | undefined, profile: Profile | undefined) {
    const lease = this.#leaseOf(offer);
    const run = this.#carrier.newRun(offer.run, profile, (event) => events.emit(event));
    const taken = slot && this.#slots.occupy(slot);
    if (slot && !taken) throw this.#fault(`it offered run "${run.id}" in a slot that was used or released before`);
    const courier = this.delivery?.courier(lease, { log: run.log });
    const events = this.#carrier.outletFor(run, courier);
    const carried = { run, lease, courier, events, slot: () => taken ?? this.#slotFor(run) };
    return { run, outcome: this.#carrier.carry(carried, (outcome) => this.#settle(run, outcome)) };
  }

  /** First in line; nothing when the run is not to start any more. */
  async #slotFor(run: RunState): Promise<OccupiedSlot | undefined> {
    try {
      return this.#slots.occupy(await this.#slots.takeFirst(AbortSignal.any([run.signal, this.leasing])));
    } catch {
      return undefined;
    }
  }

  /** What the journal will know of a lease. Throws when the source's ref could not come back from there. */
  #leaseOf({ ref, run }: Offer): LeaseRecord {
    const lease = { source: this.source.name, run: run.id, session: run.session.id };
    if (!this.delivery) return { ...lease, ref: null };
    try {
      return { ...lease, ref: copyRef(ref) };
    } catch (thrown) {
      throw this.#fault(`it offered run "${run.id}" with a ref that is none: ${messageOf(thrown)}`);
    }
  }

  #fault(problem: string): LeaseholdError {
    return new LeaseholdError("SOURCE_INVALID", { source: this.source.name, problem });
  }

  #settle(run: RunState, outcome: Outcome): void {
    this.#settled.add(run.id, outcome);
    this.#active.remove(run.id);
    const ms = Math.round(performance.now() - run.leasedAt);
    const { status, error, receipt } = outcome;
    // Thousands of calls a second must not be thousands of lines; what came of them their callers know.
    const level = run.attached && status === "succeeded" ? "debug" : "info";
    if (this.#parts.log.isLevelEnabled(level))
      run.log[level]({ status, code: error?.code, ms, receipt }, `run ${status}`);
    if (this.#parts.telemetry.listening)
      this.#parts.telemetry.tell({ type: "outcome", status, outcome, ms, ...aboutRun(this.source.name, run) });
  }

  /** The terminal reports of a run that is offered once more; whether they arrived is uncertain, so the source may check. */
  #reportAgain(offer: Offer, outcome: Outcome): void {
    if (!this.delivery || this.delivery.carries(offer.run.id)) return;
    const run = this.#carrier.newRun(offer.run, undefined, () => undefined);
    run.close();
    const courier = this.delivery.courier(this.#leaseOf(offer), { log: run.log, uncertain: true });
    if (this.#recovered.has(run.id)) return courier.letGo();
    void reportOutcome(this.source, courier, run, outcome);
  }

  #told(run: LeasedRun, accepted: Accepted): Accepted {
    const { telemetry } = this.#parts;
    if (telemetry.listening)
      telemetry.tell({ type: "lease", verdict: accepted.verdict, ...aboutRun(this.source.name, run) });
    return accepted;
  }
}

/** What a source says of itself, and nothing beside; one that cannot say it is not ready. */
function statusOf(source: LeaseSource): SourceStatus {
  try {
    const { ready, detail } = source.status?.() ?? { ready: true };
    return { ready: ready === true, ...(detail === undefined ? {} : { detail: String(detail) }) };
  } catch (thrown) {
    return { ready: false, detail: messageOf(thrown) };
  }
}

function aboutRun(source: string, run: Pick<LeasedRun, "id" | "agent" | "session">) {
  return { source, run: run.id, session: run.session.id, agent: run.agent.name };
}
