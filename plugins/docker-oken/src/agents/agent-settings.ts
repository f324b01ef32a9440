import { z } from "leasehold";
import type { OkenOptions } from "../options.ts";

/** What an agent may say in its `oken.toml` about how it is run; what it leaves out comes from the options. */
export interface AgentWishes {
  readonly name: string;
  /** Seconds; 0 or less: stopped once idle. */
  readonly warmTimeout?: number | undefined;
  /** Seconds; 0: never. */
  readonly freezeAfter?: number | undefined;
  readonly pinned?: boolean | undefined;
  readonly concurrency?: number | undefined;
  readonly invokeTimeout?: number | undefined;
  /** They lower what the runner allows, and never raise it. */
  readonly limits?: {
    readonly memoryBytes?: number | undefined;
    readonly cpus?: number | undefined;
    readonly pids?: number | undefined;
  };
}

/** How an agent is run, every gap filled. Kept in the registry. */
export const agentSettings = z.object({
  name: z.string(),
  warmSeconds: z.number(),
  freezeSeconds: z.number().optional(),
  pinned: z.boolean(),
  concurrency: z.int().positive(),
  invokeSeconds: z.number().positive(),
  memoryBytes: z.number().positive(),
  cpus: z.number().positive(),
  pids: z.int().positive(),
});

export type AgentSettings = z.output<typeof agentSettings>;

type Defaults = Pick<
  OkenOptions,
  "warmTimeoutSeconds" | "freezeAfterSeconds" | "concurrency" | "invokeTimeoutSeconds" | "memoryBytes" | "cpus" | "pids"
>;

export function settingsOf(wishes: AgentWishes, defaults: Defaults): AgentSettings {
  const freezeSeconds = wishes.freezeAfter ?? defaults.freezeAfterSeconds ?? 0;
  return {
    name: wishes.name,
    warmSeconds: wishes.warmTimeout ?? defaults.warmTimeoutSeconds,
    ...(freezeSeconds > 0 ? { freezeSeconds } : {}),
    pinned: wishes.pinned ?? false,
    concurrency: wishes.concurrency ?? defaults.concurrency,
    invokeSeconds: wishes.invokeTimeout ?? defaults.invokeTimeoutSeconds,
    memoryBytes: lower(wishes.limits?.memoryBytes, defaults.memoryBytes),
    cpus: lower(wishes.limits?.cpus, defaults.cpus),
    pids: lower(wishes.limits?.pids, defaults.pids),
  };
}

function lower(wish: number | undefined, allowed: number): number {
  return Math.min(wish ?? allowed, allowed);
}
