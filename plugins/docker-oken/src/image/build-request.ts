import type { AgentConfig, EntrypointType } from "../config/agent-config.ts";
import type { OkenOptions } from "../options.ts";

/** The options that decide how images are built. */
export type BuildOptions = Pick<
  OkenOptions,
  | "baseImage"
  | "baseImagePrefix"
  | "buildTimeoutSeconds"
  | "parallelBuilds"
  | "imageBudgetBytes"
  | "pythonIndexUrl"
  | "containerPort"
  | "concurrency"
  | "invokeTimeoutSeconds"
  | "nonRoot"
> & {
  /** Whose images these are: none but its own are ever removed. */
  readonly instance: string;
  /** Default: BuildKit where the engine has it. */
  readonly builder?: "buildkit" | "classic";
};

export interface BuildRequest {
  readonly agentId: string;
  /** Everything in it becomes `/app`. */
  readonly folder: string;
  readonly config: AgentConfig;
  readonly entrypointType: EntrypointType;
  readonly signal?: AbortSignal | undefined;
  /** Hears every line of the build as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Hears which image it will be, while that cannot be removed yet. */
  readonly chosen?: ((imageId: string) => void) | undefined;
}

export interface BuiltImage {
  /** `oken-agent:<id>`. */
  readonly tag: string;
  /** The same for every agent of the same content. */
  readonly contentTag: string;
  readonly imageId: string;
  /** False when an image of this content was there. */
  readonly built: boolean;
  readonly log: string;
}
