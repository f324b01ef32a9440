import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Config, PluginEntry } from "../../config/define-config.ts";
import { createRunner } from "../../create-runner.ts";
import { definePlugin } from "../../plugin/define-plugin.ts";
import { API_VERSION } from "../../plugin/plugin.ts";
import { defineProfile } from "../../profiles/define-profile.ts";
import type { Agent } from "../../run/agent.ts";
import type { Runner } from "../../runner-api.ts";
import type { FaultScript } from "../faults/fault.ts";
import { Coordinators, type StartCoordinator, type TestCoordinator } from "./coordinators.ts";
import { type Handles, handlesGone, openHandles } from "./handles.ts";
import { Hearing } from "./hearing.ts";
import { keepingLogger } from "./log-lines.ts";
import { MemorySource } from "./memory-source.ts";
import { offerFrom, submitTo } from "./submit.ts";
import type { TestRunner } from "./test-runner.ts";

/** The variable that says where the coordinator is (protocol §3.1). */
const COORDINATOR_URL = "AGENT_ORCHESTRATOR_API_URL";

export interface TestRunnerSettings<C extends TestCoordinator> {
  /**
   * Starts the coordinator to lease from: `startEmbeddedCoordinator`. The plugin that speaks to it, `coordinator()`, must be in
   * the list. Without it runs come from memory.
   */
  readonly coordinator?: StartCoordinator<C>;
  /** What happens to requests on their way to the coordinator. */
  readonly faults?: FaultScript;
  /** Agents that a profile `test` offers. */
  readonly agents?: readonly Agent[];
  /** How many runs from memory may execute at once; 16 unless given. */
  readonly slots?: number;
  /** The core's options. Unless given: a journal in memory, no grace, and a project directory that is removed at the end. */
  readonly config?: Omit<Config, "plugins">;
  /** Variables that options are read from; none of this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `false`: plugins are set up, and no source is started. */
  readonly lease?: boolean;
  /** `false`: what is open after the end is the test's own affair. */
  readonly verifyHandles?: boolean;
}

/**
 * Sets plugins up and leases, in one line:
 * `await using bench = await startRunner([coordinator(), myExecutor()], { coordinator: startEmbeddedCoordinator })`.
 * Rejects with the `FaultReport` of a boot, and closes what was open by then.
 */
export async function startRunner<C extends TestCoordinator = TestCoordinator>(
  plugins: readonly PluginEntry[],
  settings: TestRunnerSettings<C> = {},
): Promise<TestRunner<C>> {
  if (settings.faults && !settings.coordinator) throw new TypeError("faults need a coordinator to stand before");
  const before = openHandles();
  const scratch = await realpath(await mkdtemp(path.join(tmpdir(), "leasehold-bench-")));
  const bench = new Bench<C>(plugins, settings, scratch, before);
  try {
    await bench.open();
    return bench;
  } catch (thrown) {
    await bench.close().catch(() => undefined);
    throw thrown;
  }
}

class Bench<C extends TestCoordinator> implements TestRunner<C> {
  readonly source: MemorySource;
  readonly projectDir: string;
  readonly #plugins: readonly PluginEntry[];
  readonly #settings: TestRunnerSettings<C>;
  readonly #scratch: string;
  readonly #before: Handles;
  readonly #kept = keepingLogger();
  readonly #coordinators: Coordinators<C> | undefined;
  readonly #end = new AbortController();
  #runner: Runner | undefined;
  #hearing: Hearing | undefined;
  #leasing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(plugins: readonly PluginEntry[], settings: TestRunnerSettings<C>, scratch: string, before: Handles) {
    this.#plugins = plugins;
    this.#settings = settings;
    this.#scratch = scratch;
    this.#before = before;
    this.source = new MemorySource(settings.slots);
    this.projectDir = settings.config?.projectDir ?? scratch;
    const { coordinator, faults } = settings;
    this.#coordinators =
      coordinator && new Coordinators(coordinator, path.join(scratch, ".coordinator.sqlite"), faults);
  }

  get runner(): Runner {
    return present(this.#runner);
  }

  get coordinator(): C | undefined {
    return this.#coordinators?.current;
  }

  get log() {
    return this.#kept.lines;
  }

  get telemetry() {
    return present(this.#hearing).events;
  }

  async open(): Promise<void> {
    const url = await this.#coordinators?.open();
    const { config, env = {} } = this.#settings;
    this.#runner = await createRunner(
      {
        journal: "memory",
        graceSeconds: 0,
        drainTimeoutSeconds: 0,
        projectDir: this.projectDir,
        ...config,
        plugins: [this.#ownPlugins(), ...this.#plugins],
      },
      { env: { ...(url === undefined ? {} : { [COORDINATOR_URL]: url }), ...env }, log: this.#kept.log },
    );
    this.#hearing = new Hearing(this.#runner.telemetry);
    if (this.#settings.lease === false) return;
    const { signal } = this.#end;
    this.#leasing = this.#runner.lease({ drain: signal, stop: signal });
    this.#leasing.catch(() => undefined);
    await Promise.race([this.#isReady(), this.#leasing]);
  }

  told: TestRunner<C>["told"] = (type, wanted) => present(this.#hearing).told(type, wanted);

  submit: TestRunner<C>["submit"] = (run) => {
    const [coordinators, hearing] = [this.#coordinators, present(this.#hearing)];
    if (!coordinators) return offerFrom(this.source, run, this.runner, hearing);
    return submitTo(() => coordinators.present(), run, hearing);
  };

  async restartCoordinator(ms?: number): Promise<void> {
    if (!this.#coordinators) throw new TypeError("there is no coordinator to restart");
    await this.#coordinators.restart(ms);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The source first, so that plugins find what a profile of theirs would be the first of. */
  #ownPlugins(): PluginEntry {
    const { agents } = this.#settings;
    const addSource = definePlugin({
      name: "memory-source",
      apiVersion: API_VERSION,
      setup: ({ sources }) => sources.add(this.source),
    });
    const profile = { name: "test", directory: this.projectDir, executor: { type: "procedural" } };
    return [!this.#coordinators && addSource(), agents && defineProfile({ ...profile, agents })];
  }

  async #isReady(): Promise<void> {
    if (!this.#coordinators) return void (await this.source.feed);
    const coordinator = await this.#coordinators.present();
    await coordinator.recorded(({ path, status }) => path === "/runner/register" && status === 200);
  }

  async #close(): Promise<void> {
    this.#end.abort();
    const ends = [
      () => this.#leasing,
      async () => this.#runner?.close(),
      async () => this.#coordinators?.close(),
      () => rm(this.#scratch, { recursive: true, force: true }),
      async () => (this.#settings.verifyHandles === false ? undefined : handlesGone(this.#before)),
    ];
    const faults: unknown[] = [];
    for (const end of ends) await end().catch((fault: unknown) => void faults.push(fault));
    if (faults.length === 1) throw faults[0];
    if (faults.length > 1) throw new AggregateError(faults, "the runner did not end in order");
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the runner was not set up");
  return value;
}
