import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import type { AppendFile } from "./append-file.ts";
import type { LeaseRecord } from "./journal.ts";
import type { JournalState } from "./journal-state.ts";
import { KeepingJournal, type Lasting } from "./keeping-journal.ts";
import { encodeLine } from "./line.ts";
import type { JournalRecord } from "./record.ts";
import { rewriteJournal } from "./rewrite.ts";

/** A file this small is not worth rewriting. */
const LEAST_REWRITTEN_BYTES = 4 * 1024 * 1024;
/** What nobody waits for is on the disk after this time all the same. */
const LAZY_SYNC_MS = 200;

/** A line in line. */
interface Entry {
  readonly record?: JournalRecord;
  readonly line: Buffer;
  readonly lasting: Lasting;
  readonly done?: PromiseWithResolvers<void>;
}

/**
 * A journal that outlasts its process: a file of lines, appended to by group commit in libuv's pool. Lines that come
 * while others are written go together in the next write; so do waits for the disk.
 *
 * When the disk takes no more (it is full, say), leases and resources are refused, and the rest is kept in memory so that
 * what is owed is delivered still; once it can be written again, the file is written anew. When the disk fails to say
 * that it has what was written, nothing is tried again, and the journal stays failed.
 */
export class DurableJournal extends KeepingJournal {
  readonly state: JournalState;
  readonly #path: string;
  readonly #log: Logger;
  #file: AppendFile;
  #pending: Entry[] = [];
  #unsynced: Entry[] = [];
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #lazySync: NodeJS.Timeout | undefined;
  #rewriteAtBytes: number;
  /** The file lacks what came while it could not be written. */
  #incomplete = false;
  #failure: Error | undefined;

  constructor(path: string, file: AppendFile, state: JournalState, log: Logger) {
    super();
    this.#path = path;
    this.#file = file;
    this.state = state;
    this.#log = log;
    this.#rewriteAtBytes = nextRewrite(file.size);
  }

  /** Drops all that is known of a lease, with what is owed. */
  async forget({ source, run }: LeaseRecord): Promise<void> {
    await this.keep({ type: "forget", source, run }, "synced");
  }

  /** Waits for what is in line, and closes the file. */
  async end(): Promise<void> {
    await this.#enter({ line: Buffer.alloc(0), lasting: "synced", done: Promise.withResolvers() });
    await this.#writing;
    clearTimeout(this.#lazySync);
    await this.#file.close();
  }

  protected async keep(record: JournalRecord, lasting: Lasting): Promise<void> {
    const line = encodeLine(record);
    await this.#enter({ record, line, lasting, ...(lasting === "queued" ? {} : { done: Promise.withResolvers() }) });
  }

  async #enter(entry: Entry): Promise<void> {
    this.#pending.push(entry);
    this.#writing ??= this.#write();
    await entry.done?.promise;
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      const problem = await this.#writeBatch(batch);
      for (const entry of batch) this.#settle(entry, problem);
      if (this.#unsynced.length > 0) this.#syncing ??= this.#sync();
      else if (!problem) this.#lazySync ??= setTimeout(() => this.#syncLazily(), LAZY_SYNC_MS).unref();
      if (this.#file.size > this.#rewriteAtBytes) await this.#compact();
    }
    this.#writing = undefined;
  }

  /** Answers why the batch could not be written. */
  async #writeBatch(batch: readonly Entry[]): Promise<Error | undefined> {
    if (this.#failure) return this.#failure;
    try {
      const mending = this.#incomplete;
      if (mending) await this.#rewrite();
      await this.#file.write(Buffer.concat(batch.map(({ line }) => line)));
      if (mending) this.#log.info(`the journal can be written again: ${this.#path}`);
      this.#incomplete = false;
      return undefined;
    } catch (thrown) {
      const problem = new Error(`${this.#path}: ${messageOf(thrown)}`, { cause: thrown });
      if (!this.#incomplete)
        this.#log.error(
          { err: problem },
          `the journal cannot be written, so no run is started; what is owed is kept in memory: ${problem.message}`,
        );
      this.#incomplete = true;
      return problem;
    }
  }

  #settle(entry: Entry, problem: Error | undefined): void {
    const { record, lasting, done } = entry;
    // Without its entry a run or resource must not start; everything else has happened, and is remembered somehow.
    if (problem && (record?.type === "lease" || record?.type === "own")) return done?.reject(problem);
    if (record) this.state.apply(record);
    if (lasting === "synced" && !problem) this.#unsynced.push(entry);
    else done?.resolve();
  }

  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const waiting = this.#unsynced;
      this.#unsynced = [];
      try {
        await (this.#failure ? undefined : this.#file.sync());
      } catch (thrown) {
        this.#fail(thrown);
      }
      for (const { done } of waiting) done?.resolve();
    }
    this.#syncing = undefined;
  }

  #syncLazily(): void {
    this.#lazySync = undefined;
    void this.#enter({ line: Buffer.alloc(0), lasting: "synced" });
  }

  /** What the system has lost then, nobody can tell; a repetition would claim that it was nothing. */
  #fail(thrown: unknown): void {
    this.#failure = new Error(`${this.#path}: ${messageOf(thrown)}`, { cause: thrown });
    this.#log.error(
      { err: this.#failure },
      `the disk does not keep the journal, so no run is started until a restart: ${this.#failure.message}`,
    );
  }

  async #compact(): Promise<void> {
    try {
      await this.#rewrite();
    } catch (thrown) {
      this.#rewriteAtBytes = nextRewrite(this.#file.size);
      this.#log.warn({ err: thrown }, `the journal could not be rewritten, and grows: ${messageOf(thrown)}`);
    }
  }

  async #rewrite(): Promise<void> {
    await this.#syncing;
    const old = this.#file;
    this.#file = await rewriteJournal(this.#path, this.state);
    this.#rewriteAtBytes = nextRewrite(this.#file.size);
    await old.close();
  }
}

function nextRewrite(bytes: number): number {
  return Math.max(LEAST_REWRITTEN_BYTES, 2 * bytes);
}
