import { FaultReport, LeaseholdError, messageOf } from "./errors/leasehold-error.ts";
import { findExecutorConflicts } from "./hooks/conflicts.ts";
import { Lifecycle } from "./lifecycle.ts";
import { planPlugins } from "./plugin/order.ts";
import type { PluginContext } from "./plugin/plugin.ts";
import { setUpPlugins } from "./plugin/set-up.ts";
import { TeardownStack } from "./plugin/teardown-stack.ts";
import { addProfileFiles } from "./profiles/add-profile-files.ts";
import type { Profile } from "./profiles/profile.ts";
import { RunAborted } from "./run/aborted.ts";
import type { Outcome } from "./run/outcome.ts";
import type { PluginReport, Runner, RunnerSpec } from "./runner-api.ts";
import { createRunnerParts, type RunnerParts } from "./runner-parts.ts";
import { Intake } from "./sources/intake.ts";
import type { LeasedRun, LeaseSource } from "./sources/source.ts";
import { version } from "./version.ts";

/**
 * Sets every plugin up. Rejects with one `FaultReport` that holds all faults; whatever was set up by then is torn down.
 */
export async function bootRunner(spec: RunnerSpec): Promise<Runner> {
  const { ordered, faults } = planPlugins(spec.plugins);
  if (faults.length > 0) throw new FaultReport("The configuration has faults", faults);
  const parts = createRunnerParts(spec);
  const teardowns = new TeardownStack();
  const setUp = await setUpPlugins(ordered, (plugin) => contextFor(plugin, parts, spec), teardowns);
  parts.board.close();
  const fileFaults = await addProfileFiles(spec.options, parts.profiles);
  const profileFaults = fileFaults.length > 0 ? fileFaults : findProfileFaults(parts);
  const found = [...setUp.faults, ...findExecutorConflicts(parts.board.records), ...profileFaults];
  if (found.length > 0) {
    await teardowns.unwind();
    throw new FaultReport("The runner could not be set up", found);
  }
  const reports = ordered.map(({ plugin }) => reportOf(plugin.definition, parts, setUp.ms));
  return new BootedRunner(spec, parts, teardowns, reports);
}

class BootedRunner implements Runner {
  readonly plugins: readonly PluginReport[];
  readonly #spec: RunnerSpec;
  readonly #parts: RunnerParts;
  readonly #teardowns: TeardownStack;
  readonly #local: Intake;
  #closing: Promise<void> | undefined;

  constructor(spec: RunnerSpec, parts: RunnerParts, teardowns: TeardownStack, plugins: readonly PluginReport[]) {
    this.#spec = spec;
    this.#parts = parts;
    this.#teardowns = teardowns;
    this.plugins = plugins;
    this.#local = new Intake(localSource, parts.intake);
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

  async lease(signals: { readonly drain: AbortSignal; readonly stop: AbortSignal }): Promise<void> {
    const { sources, intake, heart, log } = this.#parts;
    const intakes = sources.map(({ source }) => new Intake(source, intake));
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
    this.#local.close();
    await this.#local.stop({ all: true }, { reason: "drain", message: "the runner is shutting down" });
    await this.#local.idle();
    const faults = await this.#teardowns.unwind();
    await this.#parts.ledger.endAll(new RunAborted("drain", "the runner is shutting down"));
    if (faults.length > 0) throw new FaultReport("The runner was closed, with faults", faults);
  }
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
    sources: { add: (source) => sources.push({ plugin, source: checkSource(source, parts) }) },
    profiles: {
      add: (profile) => profiles.add(plugin, profile),
      all: () => profiles.all(),
      active: () => profiles.active(),
    },
    telemetry: { subscribe: (listener) => telemetry.subscribe(listener) },
    log: parts.log.child({ plugin }),
    runner: { version, projectDir: spec.options.projectDir },
  };
  return Object.freeze(context);
}

function checkSource(source: LeaseSource, { sources }: RunnerParts): LeaseSource {
  const fault = (problem: string) => new LeaseholdError("SOURCE_INVALID", { source: source.name, problem });
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
