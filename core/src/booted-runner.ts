import { randomUUID } from "node:crypto";
import { RunnerControl } from "./control/runner-control.ts";
import { FaultReport, LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import { type LeaseSignals, Lifecycle } from "./lifecycle.ts";
import { settlesWithin } from "./plugin/settles-within.ts";
import type { TeardownStack } from "./plugin/teardown-stack.ts";
import type { Profile } from "./profiles/profile.ts";
import { Recovery } from "./recovery/recovery.ts";
import { RunAborted } from "./run/aborted.ts";
import type { Agent } from "./run/agent.ts";
import type { AnyEntrypoint } from "./run/entrypoint.ts";
import type { Outcome } from "./run/outcome.ts";
import { END_SECONDS } from "./run/pipeline.ts";
import type { PluginReport, Replayed, Runner, RunnerSpec } from "./runner-api.ts";
import type { RunnerParts } from "./runner-parts.ts";
import { Intake } from "./sources/intake.ts";
import { localSource } from "./sources/local-source.ts";
import type { LeasedRun } from "./sources/source.ts";
import type { RunnerPhase, RunnerStatus } from "./status/runner-status.ts";
import { statusOf } from "./status/status-of.ts";
import { LoopWatch } from "./watch/loop-watch.ts";

/** A runner whose plugins are set up: it leases, executes and ends. */
export class BootedRunner implements Runner {
  readonly plugins: readonly PluginReport[];
  readonly services: Runner["services"];
  readonly #spec: RunnerSpec;
  readonly #parts: RunnerParts;
  readonly #teardowns: TeardownStack;
  readonly #local: Intake;
  readonly #end = new AbortController();
  readonly #leases = new Set<Promise<void>>();
  readonly #recovery: Recovery;
  readonly #control: RunnerControl;
  readonly #watch: LoopWatch;
  #intakes: readonly Intake[] = [];
  #phase: RunnerPhase = "idle";
  #closing: Promise<void> | undefined;

  constructor(spec: RunnerSpec, parts: RunnerParts, teardowns: TeardownStack, plugins: readonly PluginReport[]) {
    this.#spec = spec;
    this.#parts = parts;
    this.#teardowns = teardowns;
    this.plugins = plugins;
    this.services = parts.services.facadeFor("whoever runs the runner");
    this.#local = new Intake(localSource, parts.intake);
    this.#control = new RunnerControl(() => this.status(), parts.telemetry, parts.log);
    this.#recovery = new Recovery(spec.options, parts, this.#control);
    this.#watch = new LoopWatch(parts.instrument, parts.telemetry, parts.log);
  }

  get profiles(): readonly Profile[] {
    return this.#parts.profiles.all();
  }

  get activeProfile(): Profile | undefined {
    return this.#parts.profiles.active();
  }

  get telemetry() {
    return this.#parts.telemetry;
  }

  status(): RunnerStatus {
    return this.#parts.secrets.maskValue("status", statusOf(this.#phase, this.#intakes, this.#parts));
  }

  lease(signals: LeaseSignals, sources?: readonly string[]): Promise<void> {
    return this.#untilClosed(signals, (ending) => this.#lease(ending, sources));
  }

  async replay(signals: LeaseSignals): Promise<Replayed> {
    let replayed: Replayed = { owed: 0, left: 0 };
    await this.#untilClosed(signals, async (ending) => {
      replayed = await this.#replay(ending);
    });
    return replayed;
  }

  async #untilClosed(signals: LeaseSignals, work: (ending: LeaseSignals) => Promise<void>): Promise<void> {
    if (this.#end.signal.aborted) throw new LeaseholdError("RUNNER_CLOSING");
    const [end, asked] = [this.#end.signal, this.#control.signals];
    const drain = AbortSignal.any([signals.drain, asked.drain, end]);
    const stop = AbortSignal.any([signals.stop, asked.stop, end]);
    const lease = work({ drain, stop });
    const settled = lease.catch(() => undefined);
    this.#leases.add(settled);
    return lease.finally(() => this.#leases.delete(settled));
  }

  async #lease(signals: LeaseSignals, named: readonly string[] | undefined): Promise<void> {
    const { sources, intake } = this.#parts;
    const chosen = sources.filter(({ source }) => named?.includes(source.name) ?? true);
    const intakes = chosen.map(({ source }) => new Intake(source, intake));
    await this.#recover(intakes);
    await this.#work(intakes, signals);
  }

  /** Leases nothing, for there is no slot, until nothing is owed any more. */
  async #replay({ drain, stop }: LeaseSignals): Promise<Replayed> {
    const { sources, intake } = this.#parts;
    const intakes = sources.map(({ source }) => new Intake(source, intake, 0));
    const owed = await this.#recover(intakes);
    if (owed === 0) return { owed, left: 0 };
    const delivered = new AbortController();
    const flushed = (signal: AbortSignal) => Promise.all(intakes.map(({ delivery }) => delivery?.flush(signal) ?? 0));
    void flushed(drain).then(() => delivered.abort());
    await this.#work(intakes, { drain: AbortSignal.any([drain, delivered.signal]), stop });
    const left = await flushed(AbortSignal.abort());
    return { owed, left: left.reduce((sum, runs) => sum + runs, 0) };
  }

  #recover(intakes: readonly Intake[]): Promise<number> {
    this.#intakes = intakes;
    this.#enter("recovering");
    return this.#recovery.runs(intakes);
  }

  async #work(intakes: readonly Intake[], signals: LeaseSignals): Promise<void> {
    const { heart, log, budget } = this.#parts;
    const unwatch = this.#pauseWithJournal(intakes);
    budget.renew();
    heart.start();
    this.#watch.start();
    try {
      await new Lifecycle(intakes, budget, log, (phase) => this.#enter(phase)).run(signals);
    } finally {
      this.#watch.stop();
      heart.stop();
      unwatch();
      this.#enter("idle");
    }
  }

  /** Without a journal nothing new may begin; what runs goes on. Answers how to end this. */
  #pauseWithJournal(intakes: readonly Intake[]): () => void {
    const { journal, telemetry } = this.#parts;
    return journal.watch((problem) => {
      for (const intake of intakes) problem ? intake.pause() : intake.resume();
      telemetry.tell({ type: "journal", writable: !problem, ...(problem ? { problem: problem.message } : {}) });
    });
  }

  #enter(phase: RunnerPhase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#parts.telemetry.tell({ type: "runner", phase });
  }

  async execute(
    run: LeasedRun,
    { profile, signal }: { profile?: Profile; signal?: AbortSignal } = {},
  ): Promise<Outcome> {
    const slot = await this.#local.slot();
    const { outcome } = this.#local.offer({ ref: null, run }, slot, profile);
    const stop = () => void this.#local.stop({ run: run.id }, { message: messageOf(signal?.reason) });
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    return outcome.finally(() => signal?.removeEventListener("abort", stop));
  }

  async entrypointOf(agent: Agent, profile?: Profile): Promise<AnyEntrypoint | undefined> {
    if (this.#end.signal.aborted) throw new LeaseholdError("RUNNER_CLOSING");
    const id = `foreseen-${randomUUID()}`;
    return this.#local.foresee({ id, agent, session: { id, mode: "start" }, parametersText: "{}" }, profile);
  }

  close(): Promise<void> {
    this.#closing ??= this.#parts.budget.during(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { ledger, budget } = this.#parts;
    const reason = { reason: "drain", message: "the runner is shutting down" } as const;
    const ended = new RunAborted(reason.reason, reason.message);
    this.#end.abort(ended);
    this.#local.close();
    await this.#local.stop({ all: true }, reason);
    await Promise.all([settlesWithin(budget.seconds("stop"), this.#local.idle()), ...this.#leases]);
    this.#enter("closing");
    // Sessions that wait for a turn end while the plugins that handle their resources are still up.
    const seconds = Math.min(this.#spec.options.graceSeconds + END_SECONDS, budget.seconds("stop"));
    await ledger.endAll(["run", "session"], ended, seconds);
    const faults = await this.#teardowns.unwind();
    await this.#recovery.end();
    this.#enter("ended");
    await this.#control.end();
    if (faults.length > 0) throw new FaultReport("The runner was closed, with faults", faults);
  }
}
