import { reasonOf } from "../engine/engine-error.ts";
import type { AgentRecord } from "./agent-record.ts";
import { Lane } from "./lane.ts";
import { type Version, versionRecordOf } from "./version.ts";

export interface RecordKeeperParts {
  save(record: AgentRecord): Promise<void>;
  report(what: string, thrown: unknown): void;
}

/** What is known of one agent, and its file. Writes come one after another, and each writes what is newest. */
export class RecordKeeper {
  readonly #parts: RecordKeeperParts;
  readonly #writes = new Lane();
  #record: AgentRecord;
  /** A call that is not in the record yet, in milliseconds of the epoch: calls are many, and looks at the record few. */
  #invokedAt: number | undefined;
  #touched = false;

  constructor(record: AgentRecord, parts: RecordKeeperParts) {
    this.#record = record;
    this.#parts = parts;
  }

  get record(): AgentRecord {
    if (this.#invokedAt !== undefined)
      this.#record = { ...this.#record, lastInvoked: new Date(this.#invokedAt).toISOString() };
    this.#invokedAt = undefined;
    return this.#record;
  }

  /** Changes what is known; it is written with the next `save`. */
  change(members: { readonly [Member in keyof AgentRecord]?: AgentRecord[Member] | undefined }): void {
    const entries = Object.entries({ ...this.record, ...members }).filter(([, value]) => value !== undefined);
    this.#record = Object.fromEntries(entries) as AgentRecord;
  }

  /** The agent is called now. Nothing is written: no call waits for a disk. */
  invoked(): void {
    this.#invokedAt = Date.now();
    this.#touched = true;
  }

  /** Writes down when the agent was last called. */
  async saveTouched(): Promise<void> {
    if (this.#touched) await this.#write();
  }

  /** Writes what is known. Never rejects: an agent goes on although its file cannot be written. */
  async save(life: AgentRecord["life"], version: Version | undefined): Promise<void> {
    this.change({ life, version: version && versionRecordOf(version) });
    await this.#write();
  }

  /** Resolves when nothing is being written. */
  async written(): Promise<void> {
    await this.#writes.run(async () => undefined);
  }

  async #write(): Promise<void> {
    this.#touched = false;
    await this.#writes
      .run(() => this.#parts.save(this.record))
      .catch((thrown) => this.#parts.report(`could not be written down: ${reasonOf(thrown)}`, thrown));
  }
}
