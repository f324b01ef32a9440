import type { JsonObject, JsonValue } from "../json/value.ts";
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

/**
 * What a runner of durable sources must not forget. Everything is written before the act it speaks of; a promise that
 * resolves means that the entry is as lasting as this journal makes it. Credentials and `scope` never get here.
 */
export interface Journal {
  /** Before a leased run starts. */
  lease(lease: LeaseRecord): Promise<void>;
  /** Before a resource starts, and again when more is known about it. */
  own(resource: Resource): Promise<void>;
  disown(resource: Resource): Promise<void>;
  /** Before reports are sent; `final` with the terminal one. */
  owe(lease: LeaseRecord, bodies: readonly JsonObject[], final: boolean): Promise<readonly OwedReport[]>;
  /** The source has taken a report, or will never want it. */
  acknowledge(report: OwedReport): Promise<void>;
  /** Nothing is owed for the lease any more. */
  close(lease: LeaseRecord): Promise<void>;
}
