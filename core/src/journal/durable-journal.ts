import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import type { AppendFile } from "./append-file.ts";
import type { LeaseRecord } from "./journal.ts";
import { JournalHealth } from "./journal-health.ts";
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
  /** Written also where the last attempt failed. */
  readonly again?: true;
}

const NOTHING = Buffer.alloc(0);
/** What the file lacks is kept as lines up to this; more than that is written anew with all the rest. */
const MOST_MISSED_BYTES = 1024 * 1024;

/**
 * A journal that outlasts its process: a file of lines, appended to by group commit in libuv's pool. Lines that come
 * while others are written go together in the next write; so do waits for the disk.
 *
 * When the disk takes no more (it is full, say), leases and resources are refused, and the rest is kept in memory so that
 * what is owed is delivered still. The file is tried again by and by, and written anew as soon as that works. So it is when the
 * disk fails to say that it has what was written: the system forgets then what it lost, so that the old file is never
 * asked again.
 */
export class DurableJournal extends KeepingJournal {
  readonly state: JournalState;
  readonly #path: string;
  readonly #log: Logger;
  readonly #assertOurs: () => Promise<void>;
  readonly #health: JournalHealth;
  #file: AppendFile | undefined;
  /** What the file lacks; nothing where that is too much to be appended, or the file is not to be trusted. */
  #missed: Buffer | undefined = NOTHING;
  #pending: Entry[] = [];
  #unsynced: Entry[] = [];
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #lazySync: NodeJS.Timeout | undefined;
  #rewriteAtBytes: number;

  /**
   * @param file What the state was read from or written to; why there is none, where the disk has no room for it yet.
   * @param assertOurs Rejects once the file's directory is not this process's any more.
   */
  constructor(
    path: string,
    file: AppendFile | Error,
    state: JournalState,
    log: Logger,
    assertOurs: () => Promise<void> = async () => undefined,
  ) {
    super();
    this.#assertOurs = assertOurs;
    this.#path = path;
    this.state = state;
    this.#log = log;
    this.#health = new JournalHealth(path, log, () => this.#enter({ line: NOTHING, lasting: "queued", again: true }));
    if (file instanceof Error) this.#health.fail(file);
    else this.#file = file;
    this.#rewriteAtBytes = nextRewrite(this.#file?.size ?? 0);
  }

  /** Why the journal cannot be written now, if it cannot. */
  get problem(): Error | undefined {
    return this.#health.problem;
  }

  /** Calls back whenever `problem` has come or gone, and at once if there is one, until the answer is called. */
  watch(listener: (problem: Error | undefined) => void): () => void {
    return this.#health.watch(listener);
  }

  /** Drops all that is known of a lease, with what is owed. */
  async forget({ source, run }: LeaseRecord): Promise<void> {
    await this.keep({ type: "forget", source, run }, "synced");
  }

  /** Waits for what is in line, and closes the file. */
  async end(): Promise<void> {
    await this.#enter({ line: NOTHING, lasting: "synced", done: Promise.withResolvers(), again: true });
    await this.#writing;
    clearTimeout(this.#lazySync);
    this.#health.end(this.state.open.size);
    await this.#file?.close();
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
      if (this.#file && this.#file.size > this.#rewriteAtBytes) await this.#compact();
    }
    this.#writing = undefined;
  }

  /** Answers why the batch could not be written. */
  async #writeBatch(batch: readonly Entry[]): Promise<Error | undefined> {
    const { problem } = this.#health;
    if (problem && !batch.some(({ again }) => again)) return problem;
    const lines = Buffer.concat(batch.map(({ line }) => line));
    try {
      const file = problem ? await this.#complete() : await this.#trusted();
      await file.write(lines);
      // Failed meanwhile to wait for the disk: what was just written is in a file that has lost something.
      if (!problem) return this.#health.problem;
      this.#health.mend();
      return undefined;
    } catch (thrown) {
      return this.#health.fail(thrown);
    }
  }

  /** A file that lacks nothing: a new one, or where there is no room for that beside the old, the old one and what it lacks. */
  async #complete(): Promise<AppendFile> {
    try {
      return await this.#rewrite();
    } catch (thrown) {
      const [file, missed] = [this.#file, this.#missed];
      if (!file || !missed) throw thrown;
      await file.write(missed);
      this.#missed = NOTHING;
      return file;
    }
  }

  async #trusted(): Promise<AppendFile> {
    return this.#file ?? this.#rewrite();
  }

  #settle(entry: Entry, problem: Error | undefined): void {
    const { record, lasting, done } = entry;
    // Without its entry a run or resource must not start; everything else has happened, and is remembered somehow.
    if (problem && lasting === "written or refused") return done?.reject(problem);
    if (record) this.state.apply(record);
    if (problem) this.#miss(entry.line);
    if (lasting === "synced" && !problem) this.#unsynced.push(entry);
    else done?.resolve();
  }

  #miss(line: Buffer): void {
    if (this.#missed && this.#missed.length + line.length <= MOST_MISSED_BYTES)
      this.#missed = Buffer.concat([this.#missed, line]);
    else this.#missed = undefined;
  }

  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const waiting = this.#unsynced;
      this.#unsynced = [];
      try {
        if (!this.#health.problem) await Promise.all([this.#file?.sync(), this.#assertOurs()]);
      } catch (thrown) {
        this.#missed = undefined;
        this.#health.fail(thrown);
      }
      for (const { done } of waiting) done?.resolve();
    }
    this.#syncing = undefined;
  }

  #syncLazily(): void {
    this.#lazySync = undefined;
    void this.#enter({ line: NOTHING, lasting: "synced" });
  }

  async #compact(): Promise<void> {
    try {
      await this.#rewrite();
    } catch (thrown) {
      this.#rewriteAtBytes = nextRewrite(this.#file?.size ?? 0);
      this.#log.warn({ err: thrown }, `the journal could not be rewritten, and grows: ${messageOf(thrown)}`);
    }
  }

  /** A new file with everything in it; the old one is closed. */
  async #rewrite(): Promise<AppendFile> {
    await this.#syncing;
    await this.#assertOurs();
    const old = this.#file;
    const file = await rewriteJournal(this.#path, this.state);
    this.#file = file;
    this.#missed = NOTHING;
    this.#rewriteAtBytes = nextRewrite(file.size);
    await old?.close();
    return file;
  }
}

function nextRewrite(bytes: number): number {
  return Math.max(LEAST_REWRITTEN_BYTES, 2 * bytes);
}
