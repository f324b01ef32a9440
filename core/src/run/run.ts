import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Secrets } from "../redaction/redactor.ts";
import type { Services } from "../services/services.ts";
import type { Agent } from "./agent.ts";
import type { Owner } from "./resource.ts";

/** The conversation that a run belongs to; owns what outlives a single run. */
export interface Session extends Owner {
  readonly id: string;
  readonly mode: "start" | "resume";
}

/** Limits that taps on `onLease` may change. */
export interface RunLimits {
  /** Wall time from execution to abort, in seconds. */
  timeoutSeconds: number;
  /** Time between the first and the last signal when something is ended, in seconds. */
  graceSeconds: number;
  /** Bytes kept of each output stream. */
  outputBytes: number;
}

/** Something an executor tells while it works: a message, a tool call, a log line. */
export interface RunEvent {
  readonly type: string;
  readonly data?: JsonObject;
  /** ISO 8601; the moment of `emit` when absent. */
  readonly timestamp?: string;
}

/** One unit of work on its way through the hooks. */
export interface Run extends Owner {
  readonly id: string;
  /** Name of the lease source that offered it. */
  readonly source: string;
  readonly agent: Agent;
  readonly session: Session;
  /** The parameters' exact JSON text: number tokens and key order as the client wrote them. */
  readonly parametersText: string;
  /** The parameters parsed on first use, deeply frozen. Numbers are JavaScript's. */
  readonly parameters: JsonObject;
  /** Real path of the directory the run works in; lies under one of the project roots. */
  readonly projectDir: string;
  /** The profile that the agent belongs to, or the active one. */
  readonly profile: Profile | undefined;
  /** Aborted on stop, deadline, drain and lost lease; its reason is a `RunAborted`. */
  readonly signal: AbortSignal;
  /** Every line carries `run_id`, `session_id` and `agent`. */
  readonly log: Logger;
  /** Changed only by taps on `onLease`; frozen afterwards. */
  readonly limits: RunLimits;
  /** Variables for the children of this run, on top of the allow-list. Changed only by taps on `onLease`. */
  readonly env: Record<string, string>;
  /** Free names for logs and metrics. Changed only by taps on `onLease`. */
  readonly labels: Record<string, string>;
  /**
   * What is secret in this run: register what it is given, and pass its logs through. Masks the runner's and the agent's
   * secrets too.
   */
  readonly secrets: Secrets;
  /** The run's own child container, made on first use. */
  readonly services: Services;
  /** A private directory (0700), made on first use and deleted when the run is settled. */
  tempDirectory(): Promise<string>;
  /**
   * Hands an event to a durable source, for delivery in order; never blocks. Past the bound events are dropped and one
   * marker says how many. An attached source, whose caller waits for the outcome alone, gets none.
   */
  emit(event: RunEvent): void;
}
