import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { AbortReason } from "../run/aborted.ts";
import type { Agent } from "../run/agent.ts";
import type { Outcome } from "../run/outcome.ts";
import type { RunEvent } from "../run/run.ts";

/** A run as a source offers it. */
export interface LeasedRun {
  /** The lease's id: offering the same id again joins the running run or delivers the recorded outcome again. */
  readonly id: string;
  readonly agent: Agent;
  readonly session: { readonly id: string; readonly mode: "start" | "resume" };
  /** JSON text of an object, as the client wrote it. */
  readonly parametersText: string;
  /** Where the client wants it to run; the runner's project directory when absent. */
  readonly projectDir?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A source's offer: `ref` is plain JSON, enough to report after a restart, without secrets. */
export interface Offer {
  readonly ref: JsonValue;
  readonly run: LeasedRun;
}

/** The right to run one more. Taken with an offer, or given back with `release`. */
export interface Slot {
  release(): void;
}

/** What became of an offer; `outcome` settles with the run and never rejects. */
export interface Accepted {
  readonly verdict: "started" | "joined" | "settled";
  readonly outcome: Promise<Outcome>;
}

export type StopTarget = { readonly run: string } | { readonly session: string } | { readonly all: true };

/** `stopping`: a run is being stopped and will be reported; `ended`: idle resources of the session were ended; `unknown`: nothing of that name here. */
export type StopAnswer = "stopping" | "ended" | "unknown";

/** What the core gives a source to feed runs through. */
export interface Feed {
  /** Waits for a free slot, first come first served. Rejects when `signal` (or the source's) is aborted. */
  slot(signal?: AbortSignal): Promise<Slot>;
  /** A slot if one is free now. */
  trySlot(): Slot | undefined;
  /**
   * Starts a run in a slot. Without one it is leased all the same, waits first in line for a slot, and can be stopped before it
   * starts. Past the start of a drain the run is refused and reported so.
   */
  offer(offer: Offer, slot?: Slot): Accepted;
  /** Stops a run, whatever runs in a session, or everything of this source. */
  stop(target: StopTarget, reason?: { readonly reason?: AbortReason; readonly message?: string }): Promise<StopAnswer>;
  /** Ids of this source's runs that are not settled yet. */
  running(): readonly string[];
  /** Whether a run is under way, has reports owed, or was settled here not long ago; by a predecessor of this process perhaps. */
  knows(run: string): boolean;
  /**
   * Resolves when nothing is owed to this source but what has to wait for the runner's next start, or when `signal` is aborted;
   * answers how many leases still have reports owed.
   */
  flush(signal: AbortSignal): Promise<number>;
  /** Keeps a small value, without secrets, for as long as the journal lasts: over restarts, where it is durable. `null` forgets it. */
  remember(key: string, value: JsonValue): Promise<void>;
  /** What was kept, by a predecessor of this process perhaps; `null` when nothing was. */
  recall(key: string): JsonValue;
}

/** What of a run there is to report with, also after the runner's restart. The source's own name for it comes with `deliver`. */
export interface ReportedRun {
  readonly id: string;
  readonly session: { readonly id: string };
  /** Where it works; not known of a predecessor's run. */
  readonly projectDir?: string;
}

/** A step of a run that a source may want to report. */
export type RunMoment =
  | { readonly type: "started" }
  | { readonly type: "event"; readonly event: RunEvent & { readonly timestamp: string } }
  | { readonly type: "settled"; readonly outcome: Outcome };

/**
 * What one attempt to deliver a report came to. `accepted`: done. `gone`: nobody wants reports of this run any more.
 * `unknown`: it may have arrived; the next attempt has `uncertain` set and must check first. `keep`: it cannot be accepted before
 * the runner's next start, which will deliver it. Otherwise: try again, not before.
 */
export type DeliveryAnswer = "accepted" | "gone" | "unknown" | "keep" | { readonly retryAfterMs: number };

export interface DeliveryAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Whether an earlier attempt may have arrived. */
  readonly uncertain: boolean;
  readonly signal: AbortSignal;
  /** Every line carries `run_id`, `session_id` and `agent`. */
  readonly log: Logger;
}

/** Whether work can come from a source now: it is registered, connected, listening. */
export interface SourceStatus {
  readonly ready: boolean;
  /** A few words for people, without secrets. */
  readonly detail?: string;
}

/** Hands out work: a coordinator's poll, a queue, an HTTP server. */
export interface LeaseSource<Ref extends JsonValue = JsonValue> {
  readonly name: string;
  /** `durable`: outcomes are reported through the journal until acknowledged; `attached`: a caller waits for `Accepted.outcome`. */
  readonly delivery: "durable" | "attached";
  /** How many of its runs may execute at once; at least 1. */
  readonly slots: number;
  /** Leases until `signal` is aborted. Resolving earlier means that no more work will come; rejecting is a fault of the source. */
  start(feed: Feed, signal: AbortSignal): Promise<void>;
  /** What to report at a moment of a run, in order. One report that holds the moment, unless said otherwise. */
  reports?(moment: RunMoment, run: ReportedRun): readonly JsonObject[];
  /** One attempt to deliver one report; the core owns order, back-off and repetition. A throw, and taking longer than two minutes, counts as `unknown`. */
  deliver?(ref: Ref, report: JsonObject, attempt: DeliveryAttempt): Promise<DeliveryAnswer>;
  /** Every report of the lease is delivered, or it is gone. */
  release?(ref: Ref): void | Promise<void>;
  /** How it stands, for health checks; answered at once, from what is known. A source that is not asked counts as ready while it leases. */
  status?(): SourceStatus;
  /** Resolves when nothing is under way here that is work but no run, as a deployment: a drain lets it end as it lets runs. */
  idle?(): Promise<void>;
  /** Says good-bye, after its runs are settled and what could be delivered is. */
  close?(signal: AbortSignal): Promise<void>;
}
