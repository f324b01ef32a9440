import type { z } from "zod";
import type { CoreOptions, coreOptions } from "./config/core-options.ts";
import type { Logger } from "./log/logger.ts";
import type { PluginManifest } from "./plugin/manifest.ts";
import type { Plugin } from "./plugin/plugin.ts";
import type { Profile } from "./profiles/profile.ts";
import type { SecretStore } from "./redaction/secret-store.ts";
import type { Agent } from "./run/agent.ts";
import type { AnyEntrypoint } from "./run/entrypoint.ts";
import type { Outcome } from "./run/outcome.ts";
import type { Services } from "./services/services.ts";
import type { LeasedRun } from "./sources/source.ts";
import type { RunnerStatus } from "./status/runner-status.ts";
import type { Telemetry } from "./telemetry.ts";

/** A plugin with its options merged and checked. */
export interface ResolvedPlugin {
  readonly plugin: Plugin;
  readonly options: Readonly<Record<string, unknown>>;
}

/** All that a runner is made from. */
export interface RunnerSpec {
  readonly options: CoreOptions;
  /** In list order; the runner orders them by `dependsOn` and `uses`. */
  readonly plugins: readonly ResolvedPlugin[];
  readonly log: Logger;
  /** Secrets that are known already; its own exits mask them. An empty one unless given. */
  readonly secrets?: SecretStore;
}

/** Options that are stronger than configuration, environment and flags: the core's, and those of plugins by name. */
export interface RunnerOverrides {
  readonly core?: Partial<z.input<typeof coreOptions>>;
  readonly plugins?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What `leasehold plugins` shows of one plugin. */
export interface PluginReport {
  readonly name: string;
  readonly after: readonly string[];
  /** e.g. `onLease`, `execute:command`, `onHeartbeat`. */
  readonly taps: readonly string[];
  readonly provides: readonly string[];
  readonly sources: readonly string[];
  readonly profiles: readonly string[];
  /** What it declares to use, with its secret options; nothing where it declares nothing. Declared, not enforced. */
  readonly manifest?: Required<PluginManifest>;
  readonly setupMs: number;
}

/** How many runs had reports owed, and how many still have. */
export interface Replayed {
  readonly owed: number;
  readonly left: number;
}

/** A runner whose plugins are set up. */
export interface Runner {
  readonly profiles: readonly Profile[];
  readonly activeProfile: Profile | undefined;
  readonly plugins: readonly PluginReport[];
  readonly telemetry: Telemetry;
  /** Where it is in its life, and how its sources stand. */
  status(): RunnerStatus;
  /** What the plugins provide. */
  readonly services: Pick<Services, "get" | "find">;
  /**
   * Starts every source and leases until `drain` or `stop` is aborted, a source fails, or no source has more to come and
   * all that came is done. Then: running work may go on for `drainTimeoutSeconds` or until `stop` is aborted, is stopped
   * after that, and what is owed is delivered, all within `shutdownSeconds`. What a predecessor that died has left is
   * recovered first. Rejects with a `LeaseholdError` when a source fails, the state directory cannot be used or is
   * another runner's, or the runner is closed.
   * @param sources Names of the sources to start; all of them when absent. What others owe stays in the journal.
   */
  lease(
    signals: { readonly drain: AbortSignal; readonly stop: AbortSignal },
    sources?: readonly string[],
  ): Promise<void>;
  /**
   * Delivers what a predecessor owed, settles what it left unfinished, and leases nothing. Ends when nothing is owed any
   * more or `drain` is aborted. Rejects as `lease` does.
   */
  replay(signals: { readonly drain: AbortSignal; readonly stop: AbortSignal }): Promise<Replayed>;
  /**
   * Takes one run through the hooks without any source; aborting `signal` stops it. Never rejects for the run's own
   * failure, only with `RUNNER_CLOSING` once the runner is closed.
   */
  execute(run: LeasedRun, options?: { readonly profile?: Profile; readonly signal?: AbortSignal }): Promise<Outcome>;
  /**
   * What a run of an agent, without parameters, would be resolved to, for checks that want to know whose it is: asks the taps on
   * `resolveEntrypoint`, and no other hook. Nothing when nobody takes it. Rejects when a tap throws (`TAP_FAILED`), and with
   * `RUNNER_CLOSING`.
   * @param profile What the agent belongs to; the active profile unless given.
   */
  entrypointOf(agent: Agent, profile?: Profile): Promise<AnyEntrypoint | undefined>;
  /** Ends everything, in reverse order, leasing too; collects errors into one `FaultReport`. Calling it twice is fine. */
  close(): Promise<void>;
}
