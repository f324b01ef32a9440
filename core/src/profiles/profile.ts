import type { JsonObject } from "../json/value.ts";
import type { Agent } from "../run/agent.ts";

/** What a runner offers: agents, and the executor type and identity under which it registers. Data, not code. */
export interface Profile {
  readonly name: string;
  readonly description?: string;
  /** Absolute path that relative commands are resolved against. */
  readonly directory: string;
  /** Sent verbatim at registration; `type` decides matching, `command` is part of the runner's identity (protocol §1.1, §6.1). */
  readonly executor: Executor;
  readonly agents: readonly Agent[];
  /** Deadline of runs whose agent sets none, in seconds. */
  readonly timeoutSeconds?: number;
  /** Variables for the children of this profile's runs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute paths of the files and folders that it was read from, for those who watch for changes. */
  readonly readFrom?: readonly string[];
}

export interface Executor extends JsonObject {
  readonly type: string;
  readonly command?: string | null;
}
