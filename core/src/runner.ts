import { FaultReport, LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import { findExecutorConflicts } from "./hooks/conflicts.ts";
import { type LeaseSignals, Lifecycle } from "./lifecycle.ts";
import { findCopies } from "./plugin/copies.ts";
import { planPlugins } from "./plugin/order.ts";
import type { PluginContext } from "./plugin/plugin.ts";
import { setUpPlugins } from "./plugin/set-up.ts";
import { TeardownStack } from "./plugin/teardown-stack.ts";
import { addProfileFiles } from "./profiles/add-profile-files.ts";
import type { Profile } from "./profiles/profile.ts";
import { Recovery } from "./recovery/recovery.ts";
import { maskRejections } from "./redaction/mask-rejections.ts";
import { SecretStore } from "./redaction/secret-store.ts";
import { RunAborted } from "./run/aborted.ts";
import type { Outcome } from "./run/outcome.ts";
import { END_SECONDS } from "./run/pipeline.ts";
import type { PluginReport, Replayed, Runner, RunnerSpec } from "./runner-api.ts";
import { createRunnerParts, type RunnerParts } from "./runner-parts.ts";
import { Intake } from "./sources/intake.ts";
import type { LeasedRun, LeaseSource } from "./sources/source.ts";
import { version } from "./version.ts";

/**
 * Sets every plugin up. Rejects with one `FaultReport` that holds all faults; whatever was set up by then is torn down.
 */
export async function bootRunner(spec: RunnerSpec): Promise<Runner> {
  const secrets = spec.secrets ?? new SecretStore();
  try {
    return maskRejections(await boot({ ...spec, secrets }), secrets);
  } catch (thrown) {
    throw secrets.maskError("thrown", thrown);
  }
}

async function boot(spec: RunnerSpec): Promise<Runner> {
  const { ordered, faults } = planPlugins(spec.plugins);
  const found = [...findCopies(spec.plugins.map(({ plugin }) => plugin)), ...faults];
  if (found.length > 0) throw new FaultReport("The configuration has faults", found);
  const parts = createRunnerParts(spec);
  const teardowns = new TeardownStack((plugin, ms) => endPlugin(plugin, ms, parts, spec));
  const setUp = await setUpPlugins(ordered, (plugin) => contextFor(plugin, parts, spec), teardowns);
  parts.board.close();
  for (const [plugin, ms] of setUp.ms) parts.telemetry.tell({ type: "plugin", plugin, act: "setup", ms });
  const fileFaults = await addProfileFiles(spec.options, parts.profiles);
  const profileFaults = fileFaults.length > 0 ? fileFaults : findProfileFaults(parts);
  const late = [...setUp.faults, ...findExecutorConflicts(parts.board.records), ...profileFaults];
  if (late.length > 0) {
    late.push(...(await teardowns.unwind()));
    throw new FaultReport("The runner could not be set up", late);
  }
  const reports = ordered.map(({ plugin }) => reportOf(plugin.definition, parts, setUp.ms));
  return new BootedRunner(spec, parts, teardowns, reports);
}

class BootedRunner implements Runner {
  readonly plugins: readonly PluginReport[];
  readonly services: Runner["services"];
  readonly #spec: RunnerSpec;
  readonly #parts: RunnerParts;
  readonly #teardowns: TeardownStack;
  readonly #local: Intake;
  readonly #end = new AbortController();
  readonly #leases = new Set<Promise<void>>();
  readonly #recovery: Recovery;
  #closing: Promise<void> | undefined;

  constructor(spec: RunnerSpec, parts: RunnerParts, teardowns: TeardownStack, plugins: readonly PluginReport[]) {
    this.#spec = spec;
    this.#parts = parts;
    this.#teardowns = teardowns;
    this.plugins = plugins;
    this.services = parts.services.facadeFor("whoever runs the runner");
    this.#local = new Intake(localSource, parts.intake);
    this.#recovery = new Recovery(spec.options, parts);
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
    const end = this.#end.signal;
    const [drain, stop] = [AbortSignal.any([signals.drain, end]), AbortSignal.any([signals.stop, end])];
    const lease = work({ drain, stop });
    const settled = lease.catch(() => undefined);
    this.#leases.add(settled);
    return lease.finally(() => this.#leases.delete(settled));
  }

  async #lease(signals: LeaseSignals, named: readonly string[] | undefined): Promise<void> {
    const { sources, intake } = this.#parts;
    const chosen = sources.filter(({ source }) => named?.includes(source.name) ?? true);
    const intakes = chosen.map(({ source }) => new Intake(source, intake));
    await this.#recovery.runs(intakes);
    await this.#work(intakes, signals);
  }

  /** Leases nothing, for there is no slot, until nothing is owed any more. */
  async #replay({ drain, stop }: LeaseSignals): Promise<Replayed> {
    const { sources, intake } = this.#parts;
    const intakes = sources.map(({ source }) => new Intake(source, intake, 0));
    const owed = await this.#recovery.runs(intakes);
    if (owed === 0) return { owed, left: 0 };
    const delivered = new AbortController();
    const flushed = (signal: AbortSignal) => Promise.all(intakes.map(({ delivery }) => delivery?.flush(signal) ?? 0));
    void flushed(drain).then(() => delivered.abort());
    await this.#work(intakes, { drain: AbortSignal.any([drain, delivered.signal]), stop });
    const left = await flushed(AbortSignal.abort());
    return { owed, left: left.reduce((sum, runs) => sum + runs, 0) };
  }

  async #work(intakes: readonly Intake[], signals: LeaseSignals): Promise<void> {
    const { heart, log } = this.#parts;
    heart.start();
    try {
      await new Lifecycle(intakes, this.#spec.options.drainTimeoutSeconds, log).run(signals);
    } finally {
      heart.stop();
    }
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const reason = { reason: "drain", message: "the runner is shutting down" } as const;
    const ended = new RunAborted(reason.reason, reason.message);
    this.#end.abort(ended);
    this.#local.close();
    await this.#local.stop({ all: true }, reason);
    await Promise.all([this.#local.idle(), ...this.#leases]);
    // Sessions that wait for a turn end while the plugins that handle their resources are still up.
    await this.#parts.ledger.endAll(["run", "session"], ended, this.#spec.options.graceSeconds + END_SECONDS);
    const faults = await this.#teardowns.unwind();
    await this.#recovery.end();
    if (faults.length > 0) throw new FaultReport("The runner was closed, with faults", faults);
  }
}

/** A plugin's resources end with it: after its own teardown, before that of the plugins it depends on. */
async function endPlugin(plugin: string, ms: number, { ledger, telemetry }: RunnerParts, spec: RunnerSpec) {
  telemetry.tell({ type: "plugin", plugin, act: "teardown", ms });
  const reason = new RunAborted("drain", "the runner is shutting down");
  await ledger.end({ type: "plugin", plugin }, reason, spec.options.graceSeconds + END_SECONDS);
}

/** Runs that come from no source: `leasehold run`. */
const localSource: LeaseSource = {
  name: "local",
  delivery: "attached",
  slots: Number.POSITIVE_INFINITY,
  start: async () => undefined,
};

function contextFor(plugin: string, parts: RunnerParts, spec: RunnerSpec): PluginContext {
  const { board, services, ledger, sources, profiles, telemetry } = parts;
  const context: PluginContext = {
    hooks: board.facadeFor(plugin),
    services: services.facadeFor(plugin),
    resources: {
      own: (claim) => ledger.own({ type: "plugin", plugin }, claim),
      handle: (kind, handler) => ledger.handle(plugin, kind, handler),
    },
    sources: { add: (source) => void sources.push({ plugin, source: checkSource(source, parts) }) },
    profiles: {
      add: (profile) => profiles.add(plugin, profile),
      all: () => profiles.all(),
      active: () => profiles.active(),
    },
    telemetry: {
      subscribe: (listener) => telemetry.subscribe(listener),
      note: (note, details = {}) => {
        if (telemetry.listening) telemetry.tell({ type: "note", plugin, note, details });
      },
    },
    secrets: parts.secrets.runner,
    log: parts.log.child({ plugin }),
    runner: { version, projectDir: spec.options.projectDir },
  };
  return Object.freeze(context);
}

function checkSource(source: LeaseSource, { sources, board }: RunnerParts): LeaseSource {
  const fault = (problem: string) => new LeaseholdError("SOURCE_INVALID", { source: source.name, problem });
  if (!board.open) throw fault("it was added after the setup; add sources in setup only");
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(source.name)) throw fault("its name must be lower-case words joined by hyphens");
  if (source.name === localSource.name || sources.some((other) => other.source.name === source.name))
    throw fault("the name is taken");
  if (!Number.isInteger(source.slots) || source.slots < 1)
    throw fault(`slots is ${source.slots}; it must be at least 1`);
  if (source.delivery === "durable" && !source.deliver) throw fault("a durable source must be able to deliver");
  return source;
}

function findProfileFaults({ profiles }: RunnerParts): LeaseholdError[] {
  try {
    profiles.active();
    return [];
  } catch (thrown) {
    if (thrown instanceof LeaseholdError) return [thrown];
    throw thrown;
  }
}

function reportOf(
  { name, dependsOn = [], uses = [] }: { name: string; dependsOn?: readonly string[]; uses?: readonly string[] },
  { board, services, sources, profiles }: RunnerParts,
  setupMs: ReadonlyMap<string, number>,
): PluginReport {
  return {
    name,
    after: [...dependsOn, ...uses],
    taps: board.records.filter(({ plugin }) => plugin === name).map(({ hook }) => hook),
    provides: services.providedBy(name),
    sources: sources.filter(({ plugin }) => plugin === name).map(({ source }) => source.name),
    profiles: profiles.addedBy(name),
    setupMs: setupMs.get(name) ?? 0,
  };
}
