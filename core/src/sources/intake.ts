import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import { RunAborted } from "../run/aborted.ts";
import type { Outcome } from "../run/outcome.ts";
import type { Pipeline } from "../run/pipeline.ts";
import type { ResourceLedger } from "../run/resource-ledger.ts";
import type { RunLimits } from "../run/run.ts";
import { RunState, type Surroundings } from "../run/run-state.ts";
import type { ServiceRegistry } from "../services/service-registry.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import { type Courier, Delivery } from "./delivery.ts";
import { EventOutlet } from "./event-outlet.ts";
import type { Journal, LeaseRecord } from "./journal.ts";
import { SettledRuns } from "./settled-runs.ts";
import { type PooledSlot, SlotPool } from "./slots.ts";
import type {
  Accepted,
  Feed,
  LeasedRun,
  LeaseSource,
  Offer,
  RunMoment,
  Slot,
  StopAnswer,
  StopTarget,
} from "./source.ts";

/** What every intake of a runner shares. */
export interface IntakeParts {
  readonly pipeline: Pipeline;
  readonly ledger: ResourceLedger;
  readonly services: ServiceRegistry;
  readonly journal: Journal;
  readonly telemetry: TelemetryHub;
  readonly log: Logger;
  readonly projectDir: string;
  readonly limits: RunLimits;
  readonly profile: () => Profile | undefined;
}

interface Active {
  readonly run: RunState;
  readonly outcome: Promise<Outcome>;
}

/** The border between one lease source and the core: slots, de-duplication, settlement, reports. */
export class Intake implements Feed {
  readonly source: LeaseSource;
  readonly delivery: Delivery | undefined;
  readonly #parts: IntakeParts;
  readonly #slots: SlotPool;
  readonly #active = new Map<string, Active>();
  readonly #settled = new SettledRuns();
  readonly #leasing = new AbortController();

  constructor(source: LeaseSource, parts: IntakeParts) {
    this.source = source;
    this.#parts = parts;
    this.#slots = new SlotPool(source.name, source.slots, parts.telemetry);
    if (source.delivery === "durable")
      this.delivery = new Delivery(source, parts.journal, parts.telemetry, parts.log.child({ source: source.name }));
  }

  /** Aborted when the source is to lease no more. */
  get leasing(): AbortSignal {
    return this.#leasing.signal;
  }

  /** From now on offers are refused. */
  close(): void {
    this.#leasing.abort(new Error("the runner is shutting down"));
  }

  /** Resolves when no run of this source is under way. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all([...this.#active.values()].map(({ outcome }) => outcome));
  }

  slot(signal?: AbortSignal): Promise<Slot> {
    return this.#slots.take(signal ? AbortSignal.any([signal, this.leasing]) : this.leasing);
  }

  trySlot(): Slot | undefined {
    return this.leasing.aborted ? undefined : this.#slots.tryTake();
  }

  running(): readonly string[] {
    return [...this.#active.keys()];
  }

  offer(offer: Offer, slot: Slot, profile?: Profile): Accepted {
    const { id } = offer.run;
    const active = this.#active.get(id);
    const settled = this.#settled.get(id);
    if (active || settled) slot.release();
    if (active) return this.#told(offer.run, { verdict: "joined", outcome: active.outcome });
    if (settled) {
      this.#reportAgain(offer, settled);
      return this.#told(offer.run, { verdict: "settled", outcome: Promise.resolve(settled) });
    }
    return this.#told(offer.run, { verdict: "started", outcome: this.#start(offer, slot as PooledSlot, profile) });
  }

  async stop(
    target: StopTarget,
    { reason = "stop", message = "the run was stopped" }: Parameters<Feed["stop"]>[1] = {},
  ): Promise<StopAnswer> {
    const meant = [...this.#active.values()].filter(({ run }) => isMeant(target, run));
    for (const { run } of meant) run.abort(new RunAborted(reason, message));
    if (meant.length > 0) return "stopping";
    if (!("session" in target)) return "unknown";
    const ended = await this.#parts.ledger.end(
      { type: "session", session: target.session },
      new RunAborted(reason, message),
    );
    return ended ? "ended" : "unknown";
  }

  #start(offer: Offer, slot: PooledSlot, profile?: Profile): Promise<Outcome> {
    const lease = { source: this.source.name, run: offer.run.id, session: offer.run.session.id, ref: offer.ref };
    const courier = this.delivery?.courier(lease);
    const outlet = new EventOutlet(
      () => courier?.waiting ?? 0,
      (event) => void this.#report(courier, run, { type: "event", event }),
    );
    const emit: Surroundings["emit"] = (event) => outlet.emit(event);
    const run: RunState = new RunState(offer.run, this.#surroundings(profile, emit));
    const outcome = this.#carry(run, lease, courier, slot, () => outlet.mark());
    this.#active.set(run.id, { run, outcome });
    return outcome;
  }

  async #carry(
    run: RunState,
    lease: LeaseRecord,
    courier: Courier | undefined,
    slot: PooledSlot,
    markEvents: () => void,
  ): Promise<Outcome> {
    // The lease is entered among the active ones before anything of it happens.
    await (courier ? this.#parts.journal.lease(lease) : undefined);
    const refusal = this.leasing.aborted ? new LeaseholdError("RUNNER_CLOSING") : undefined;
    const onExecute = () => this.#report(courier, run, { type: "started" });
    const outcome = await this.#parts.pipeline.take(run, onExecute, refusal);
    markEvents();
    await this.#settle(run, courier, outcome);
    if ((outcome.receipt?.survivors ?? 0) > 0) slot.quarantine();
    else slot.release();
    return outcome;
  }

  /** An outcome counts once its reports are journalled. */
  async #settle(run: RunState, courier: Courier | undefined, outcome: Outcome): Promise<void> {
    await this.#report(courier, run, { type: "settled", outcome });
    this.#settled.add(run.id, outcome);
    this.#active.delete(run.id);
    const ms = Math.round(performance.now() - run.leasedAt);
    run.log.info(
      { status: outcome.status, code: outcome.error?.code, ms, receipt: outcome.receipt },
      `run ${outcome.status}`,
    );
    if (!this.#parts.telemetry.listening) return;
    this.#parts.telemetry.tell({
      type: "outcome",
      status: outcome.status,
      outcome,
      ms,
      ...aboutRun(this.source.name, run),
    });
  }

  async #report(courier: Courier | undefined, run: RunState, moment: RunMoment): Promise<void> {
    if (!courier) return;
    try {
      const bodies = this.source.reports?.(moment, run) ?? [moment as unknown as JsonObject];
      await courier.owe(bodies, { final: moment.type === "settled" });
    } catch (thrown) {
      run.log.error({ err: thrown }, `the ${moment.type} report of the run could not be kept: ${messageOf(thrown)}`);
    }
  }

  /** The terminal reports of a run that is offered once more; whether they arrived is uncertain, so the source may check. */
  #reportAgain(offer: Offer, outcome: Outcome): void {
    if (!this.delivery || this.delivery.carries(offer.run.id)) return;
    const lease = {
      source: this.source.name,
      run: offer.run.id,
      session: offer.run.session.id,
      ref: offer.ref as JsonValue,
    };
    const courier = this.delivery.courier(lease, { uncertain: true });
    const run = new RunState(
      offer.run,
      this.#surroundings(undefined, () => undefined),
    );
    void this.#report(courier, run, { type: "settled", outcome });
  }

  #surroundings(profile: Profile | undefined, emit: Surroundings["emit"]): Surroundings {
    const { projectDir, limits, log, ledger, services } = this.#parts;
    return {
      source: this.source.name,
      profile: profile ?? this.#parts.profile(),
      projectDir,
      limits,
      log: log.child({ source: this.source.name }),
      ledger,
      services,
      emit,
    };
  }

  #told(run: LeasedRun, accepted: Accepted): Accepted {
    const { telemetry } = this.#parts;
    if (telemetry.listening)
      telemetry.tell({ type: "lease", verdict: accepted.verdict, ...aboutRun(this.source.name, run) });
    return accepted;
  }
}

function isMeant(target: StopTarget, run: RunState): boolean {
  if ("all" in target) return true;
  return "run" in target ? run.id === target.run : run.session.id === target.session;
}

function aboutRun(source: string, run: Pick<LeasedRun, "id" | "agent" | "session">) {
  return { source, run: run.id, session: run.session.id, agent: run.agent.name };
}
