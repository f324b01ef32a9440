import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Outcome } from "../run/outcome.ts";
import type { Resource } from "../run/resource.ts";

/** A lease as the journal keeps it: enough to report after a restart. */
export interface LeaseRecord {
  readonly source: string;
  readonly run: string;
  readonly session: string;
  readonly ref: JsonValue;
}

/** A report that the source has not acknowledged yet. */
export interface OwedReport {
  readonly lease: LeaseRecord;
  /** Position among the reports of its lease, from 0. */
  readonly sequence: number;
  readonly body: JsonObject;
}

/** How a run was settled, as the journal keeps it: without its result, which the reports hold. */
export type SettledAs = Pick<Outcome, "status" | "session" | "error" | "exitCode">;

/**
 * What a runner of durable sources must not forget. Everything is written before the act it speaks of; a promise that
 * resolves means that the entry is as lasting as this journal makes it. Credentials and `scope` never get here.
 */
export interface Journal {
  /** Before a leased run starts. */
  lease(lease: LeaseRecord): Promise<void>;
  /** Before a resource starts. */
  own(resource: Resource): Promise<void>;
  /** More is known about a resource, or one that has started already comes along. */
  amend(resource: Resource): Promise<void>;
  disown(resource: Pick<Resource, "kind" | "id">): Promise<void>;
  /** Before reports are sent; with the terminal ones comes how the run was settled. */
  owe(lease: LeaseRecord, bodies: readonly JsonObject[], settled?: SettledAs): Promise<readonly OwedReport[]>;
  /** The source has taken a report, or will never want it. */
  acknowledge(report: OwedReport): Promise<void>;
  /** Nothing is owed for the lease any more. */
  close(lease: LeaseRecord): Promise<void>;
  /** Keeps a small value for a source, over restarts; `null` forgets it. */
  remember(source: string, key: string, value: JsonValue): Promise<void>;
  /** What was kept; `null` when nothing was. */
  recall(source: string, key: string): JsonValue;
}
