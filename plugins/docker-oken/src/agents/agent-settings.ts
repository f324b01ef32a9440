import { z } from "leasehold";
import type { OkenOptions } from "../options.ts";

/** What an agent may say in its `oken.toml` about how it is run; what it leaves out comes from the options. */
export interface AgentWishes {
  readonly name: string;
  /** Seconds; 0 or less: stopped once idle. */
  readonly warmTimeout?: number | undefined;
  readonly freezeAfter?: number | undefined;
  readonly pinned?: boolean | undefined;
  readonly concurrency?: number | undefined;
  readonly invokeTimeout?: number | undefined;
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
  const freezeSeconds = wishes.freezeAfter ?? defaults.freezeAfterSeconds;
  return {
    name: wishes.name,
    warmSeconds: wishes.warmTimeout ?? defaults.warmTimeoutSeconds,
    ...(freezeSeconds === undefined ? {} : { freezeSeconds }),
    pinned: wishes.pinned ?? false,
    concurrency: wishes.concurrency ?? defaults.concurrency,
    invokeSeconds: wishes.invokeTimeout ?? defaults.invokeTimeoutSeconds,
    memoryBytes: wishes.limits?.memoryBytes ?? defaults.memoryBytes,
    cpus: wishes.limits?.cpus ?? defaults.cpus,
    pids: wishes.limits?.pids ?? defaults.pids,
  };
}
