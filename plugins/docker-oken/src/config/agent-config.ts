/** Kinds of entrypoints, and exactly these (T93 to T96). */
export const ENTRYPOINT_TYPES = ["handler", "agent", "http"] as const;

export type EntrypointType = (typeof ENTRYPOINT_TYPES)[number];

/** What an `oken.toml` says (spec §2.6), with our own keys. What is absent was not stated: the runner's options decide. */
export interface AgentConfig {
  /** For display only. */
  readonly name: string;
  readonly pythonVersion: string;
  /** Whether the file states the version: then the agent runs under it or not at all. */
  readonly pythonVersionStated: boolean;
  /** Path inside the agent's folder, `/` between its parts, without `./` in front. */
  readonly entrypoint: string;
  readonly entrypointType?: EntrypointType;
  /** Seconds; 0 or less: stopped as soon as it is idle. */
  readonly warmTimeout?: number;
  /** Never stopped for being idle. */
  readonly pinned: boolean;
  /** Seconds it is idle before it is frozen; 0 is never. */
  readonly freezeAfter?: number;
  /** Calls at once. */
  readonly concurrency?: number;
  /** Seconds. */
  readonly invokeTimeout?: number;
  readonly limits: AgentLimits;
}

/** `[agent.limits]`: they can lower what the runner allows, never raise it. */
export interface AgentLimits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
}
