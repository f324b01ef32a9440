import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Resource } from "../run/resource.ts";
import type { Journal, LeaseRecord, OwedReport, SettledAs } from "./journal.ts";
import type { JournalState } from "./journal-state.ts";
import type { JournalRecord } from "./record.ts";

/**
 * How lasting an entry must be before its promise resolves: in line, handed to the system, or on the disk. A promise that cannot be kept
 * rejects only for what has not happened yet (`written or refused`); everything else is remembered somehow.
 */
export type Lasting = "queued" | "written" | "written or refused" | "synced";

/** Turns the acts of a journal into records; where those are kept is for the subclass to say. */
export abstract class KeepingJournal implements Journal {
  abstract readonly state: JournalState;
  /** Numbers of the reports to come, per lease that has had any. */
  readonly #next = new Map<string, number>();

  protected abstract keep(record: JournalRecord, lasting: Lasting): Promise<void>;

  async lease(lease: LeaseRecord): Promise<void> {
    await this.keep({ type: "lease", lease }, "written or refused");
  }

  async own(resource: Resource): Promise<void> {
    await this.keep({ type: "own", resource }, "written or refused");
  }

  async amend(resource: Resource): Promise<void> {
    await this.keep({ type: "own", resource }, "written");
  }

  async disown({ kind, id }: Pick<Resource, "kind" | "id">): Promise<void> {
    await this.keep({ type: "disown", kind, id }, "queued");
  }

  async owe(lease: LeaseRecord, bodies: readonly JsonObject[], settled?: SettledAs): Promise<readonly OwedReport[]> {
    const key = `${lease.source} ${lease.run}`;
    const sequence = this.#next.get(key) ?? this.#firstFree(key);
    this.#next.set(key, sequence + bodies.length);
    const record = { type: "owe", lease, sequence, bodies, ...(settled ? { settled } : {}) } as const;
    await this.keep(record, settled ? "synced" : "written");
    return bodies.map((body, index) => ({ lease, sequence: sequence + index, body }));
  }

  async acknowledge({ lease: { source, run }, sequence }: OwedReport): Promise<void> {
    await this.keep({ type: "acknowledge", source, run, sequence }, "queued");
  }

  async close({ source, run }: LeaseRecord): Promise<void> {
    this.#next.delete(`${source} ${run}`);
    await this.keep({ type: "close", source, run }, "queued");
  }

  async remember(source: string, key: string, value: JsonValue): Promise<void> {
    await this.keep({ type: "remember", source, key, value }, "written");
  }

  recall(source: string, key: string): JsonValue {
    return this.state.recall(source, key);
  }

  /** Behind what a predecessor left. */
  #firstFree(key: string): number {
    return Math.max(-1, ...(this.state.open.get(key)?.owed.keys() ?? [])) + 1;
  }
}
