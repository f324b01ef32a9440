import type { JsonObject, JsonValue } from "../json/value.ts";
import { SecretStore } from "../redaction/secret-store.ts";
import type { Resource } from "../run/resource.ts";
import type { DurableJournal } from "./durable-journal.ts";
import type { Journal, LeaseRecord, OwedReport, SettledAs } from "./journal.ts";
import { MemoryJournal } from "./memory-journal.ts";

/** A runner's journal: in memory until the runner leases, and wherever it is told from then on. */
export class RunnerJournal implements Journal {
  readonly #memory = new MemoryJournal();
  readonly #secrets: SecretStore;
  #journal: Journal = this.#memory;
  #durable: DurableJournal | undefined;

  constructor(secrets: SecretStore = new SecretStore()) {
    this.#secrets = secrets;
  }

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
    return this.#journal.lease(this.#masked(lease));
  }

  own(resource: Resource): Promise<void> {
    return this.#journal.own({ ...resource, data: this.#masked(resource.data) });
  }

  amend(resource: Resource): Promise<void> {
    return this.#journal.amend(resource);
  }

  disown(resource: Pick<Resource, "kind" | "id">): Promise<void> {
    return this.#journal.disown(resource);
  }

  async owe(lease: LeaseRecord, bodies: readonly JsonObject[], settled?: SettledAs): Promise<readonly OwedReport[]> {
    const masked = await this.#secrets.maskLongValue("report", bodies);
    const owed = await this.#journal.owe(this.#masked(lease), masked, settled && this.#masked(settled));
    return owed.map((report) => ({ ...report, lease }));
  }

  acknowledge(report: OwedReport): Promise<void> {
    return this.#journal.acknowledge(report);
  }

  close(lease: LeaseRecord): Promise<void> {
    return this.#journal.close(lease);
  }

  remember(source: string, key: string, value: JsonValue): Promise<void> {
    return this.#journal.remember(source, key, this.#masked(value));
  }

  recall(source: string, key: string): JsonValue {
    return this.#journal.recall(source, key);
  }

  /** What a plugin left in it all the same. */
  #masked<T>(kept: T): T {
    return this.#secrets.maskValue("journal", kept);
  }
}
