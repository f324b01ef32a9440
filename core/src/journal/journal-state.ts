import type { JsonValue } from "../json/value.ts";
import type { Resource } from "../run/resource.ts";
import type { LeaseRecord, OwedReport, SettledAs } from "./journal.ts";
import type { JournalRecord } from "./record.ts";

/** Settled and delivered runs that are remembered, so that none is executed again when its lease comes once more. */
export const MOST_CLOSED = 1_000;

/** What a journal knows of one lease. */
export interface LeaseState {
  readonly lease: LeaseRecord;
  /** By sequence; what the source has not acknowledged. */
  readonly owed: Map<number, OwedReport>;
  /** Missing while the run is under way. */
  settled?: SettledAs;
}

interface Note {
  readonly source: string;
  readonly key: string;
  readonly value: JsonValue;
}

/** What the records of a journal come to. */
export class JournalState {
  /** Leases that are under way or have reports owed, in the order in which they came. */
  readonly open = new Map<string, LeaseState>();
  /** Leases of which nothing is owed any more, the oldest first. */
  readonly closed = new Map<string, LeaseState>();
  readonly resources = new Map<string, Resource>();
  readonly #notes = new Map<string, Note>();

  apply(record: JournalRecord): void {
    switch (record.type) {
      case "lease":
        this.open.set(keyOf(record.lease), { lease: record.lease, owed: new Map() });
        break;
      case "owe":
        this.#owe(record);
        break;
      case "acknowledge":
        this.open.get(keyOf(record))?.owed.delete(record.sequence);
        break;
      case "close":
        this.#close(keyOf(record));
        break;
      case "own":
        this.resources.set(`${record.resource.kind} ${record.resource.id}`, record.resource);
        break;
      case "disown":
        this.resources.delete(`${record.kind} ${record.id}`);
        break;
      case "remember":
        this.#remember(record);
        break;
      case "forget":
        this.open.delete(keyOf(record));
        this.closed.delete(keyOf(record));
        break;
    }
  }

  recall(source: string, key: string): JsonValue {
    return this.#notes.get(`${source} ${key}`)?.value ?? null;
  }

  /** The shortest list of records that comes to this state. */
  *records(): Generator<JournalRecord> {
    for (const note of this.#notes.values()) yield { type: "remember", ...note };
    for (const resource of this.resources.values()) yield { type: "own", resource };
    for (const { lease, settled } of this.closed.values()) {
      yield { type: "owe", lease, sequence: 0, bodies: [], ...(settled ? { settled } : {}) };
      yield { type: "close", source: lease.source, run: lease.run };
    }
    for (const { lease, owed, settled } of this.open.values()) {
      yield { type: "lease", lease };
      for (const { sequence, body } of owed.values()) yield { type: "owe", lease, sequence, bodies: [body] };
      if (settled) yield { type: "owe", lease, sequence: 0, bodies: [], settled };
    }
  }

  #owe({ lease, sequence, bodies, settled }: JournalRecord & { type: "owe" }): void {
    const key = keyOf(lease);
    const state: LeaseState = this.open.get(key) ?? { lease, owed: new Map() };
    this.open.set(key, state);
    for (const [index, body] of bodies.entries())
      state.owed.set(sequence + index, { lease, sequence: sequence + index, body });
    if (settled) state.settled = settled;
  }

  #close(key: string): void {
    const state = this.open.get(key);
    if (!this.open.delete(key) || !state?.settled) return;
    this.closed.delete(key);
    this.closed.set(key, { ...state, owed: new Map() });
    const [oldest] = this.closed.keys();
    if (this.closed.size > MOST_CLOSED && oldest !== undefined) this.closed.delete(oldest);
  }

  #remember({ source, key, value }: Note): void {
    if (value === null) this.#notes.delete(`${source} ${key}`);
    else this.#notes.set(`${source} ${key}`, { source, key, value });
  }
}

function keyOf({ source, run }: { readonly source: string; readonly run: string }): string {
  return `${source} ${run}`;
}
