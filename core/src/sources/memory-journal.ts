import type { JsonObject } from "../json/value.ts";
import type { Resource } from "../run/resource.ts";
import type { Journal, LeaseRecord, OwedReport } from "./journal.ts";

interface Entry {
  readonly owed: Map<number, OwedReport>;
  next: number;
}

/** A journal that lasts as long as its process. */
export class MemoryJournal implements Journal {
  readonly #leases = new Map<string, Entry>();
  readonly #resources = new Map<string, Resource>();

  async lease(lease: LeaseRecord): Promise<void> {
    this.#leases.set(keyOf(lease), { owed: new Map(), next: 0 });
  }

  async own(resource: Resource): Promise<void> {
    this.#resources.set(`${resource.kind} ${resource.id}`, resource);
  }

  async disown(resource: Resource): Promise<void> {
    this.#resources.delete(`${resource.kind} ${resource.id}`);
  }

  async owe(lease: LeaseRecord, bodies: readonly JsonObject[]): Promise<readonly OwedReport[]> {
    const entry = this.#leases.get(keyOf(lease)) ?? { owed: new Map(), next: 0 };
    this.#leases.set(keyOf(lease), entry);
    return bodies.map((body) => {
      const report = { lease, sequence: entry.next++, body };
      entry.owed.set(report.sequence, report);
      return report;
    });
  }

  async acknowledge({ lease, sequence }: OwedReport): Promise<void> {
    this.#leases.get(keyOf(lease))?.owed.delete(sequence);
  }

  async close(lease: LeaseRecord): Promise<void> {
    this.#leases.delete(keyOf(lease));
  }

  /** What is still owed, in the order in which it is to be delivered. */
  owed(): OwedReport[] {
    return [...this.#leases.values()].flatMap(({ owed }) => [...owed.values()]);
  }
}

function keyOf({ source, run }: LeaseRecord): string {
  return `${source} ${run}`;
}
