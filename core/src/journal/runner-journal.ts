import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Resource } from "../run/resource.ts";
import type { DurableJournal } from "./durable-journal.ts";
import type { Journal, LeaseRecord, OwedReport, SettledAs } from "./journal.ts";
import { MemoryJournal } from "./memory-journal.ts";

/** A runner's journal: in memory until the runner leases, and wherever it is told from then on. */
export class RunnerJournal implements Journal {
  readonly #memory = new MemoryJournal();
  #journal: Journal = this.#memory;
  #durable: DurableJournal | undefined;

  /** Goes on in another journal, and takes along what plugins own by now. */
  async moveTo(journal: DurableJournal): Promise<void> {
    this.#durable = journal;
    this.#journal = journal;
    for (const resource of this.#memory.state.resources.values()) await journal.amend(resource);
  }

  /** Why the journal cannot be written now, if it cannot. */
  get problem(): Error | undefined {
    return this.#durable?.problem;
  }

  /** Calls back whenever `problem` has come or gone, and at once if there is one, until the answer is called. */
  watch(listener: (problem: Error | undefined) => void): () => void {
    return this.#durable?.watch(listener) ?? (() => undefined);
  }

  /** The durable journal has ended. What still comes is of no consequence. */
  moveBack(): void {
    this.#durable = undefined;
    this.#journal = this.#memory;
  }

  lease(lease: LeaseRecord): Promise<void> {
    return this.#journal.lease(lease);
  }

  own(resource: Resource): Promise<void> {
    return this.#journal.own(resource);
  }

  amend(resource: Resource): Promise<void> {
    return this.#journal.amend(resource);
  }

  disown(resource: Pick<Resource, "kind" | "id">): Promise<void> {
    return this.#journal.disown(resource);
  }

  owe(lease: LeaseRecord, bodies: readonly JsonObject[], settled?: SettledAs): Promise<readonly OwedReport[]> {
    return this.#journal.owe(lease, bodies, settled);
  }

  acknowledge(report: OwedReport): Promise<void> {
    return this.#journal.acknowledge(report);
  }

  close(lease: LeaseRecord): Promise<void> {
    return this.#journal.close(lease);
  }

  remember(source: string, key: string, value: JsonValue): Promise<void> {
    return this.#journal.remember(source, key, value);
  }

  recall(source: string, key: string): JsonValue {
    return this.#journal.recall(source, key);
  }
}
