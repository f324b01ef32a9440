import type { Logger } from "leasehold";
import { ProcFiles } from "../proc-files.ts";
import type { ProcessTags } from "../process-tags.ts";
import { taggingWords } from "../tagging-program.ts";
import { Broker } from "./broker.ts";
import { Dock } from "./dock.ts";

/** A broker that bears a tag, which whatever it starts inherits: so it has one run at a time, and that run needs no tag of its own. */
export interface Lane {
  readonly broker: Broker;
  readonly tag: bigint;
  /** What tags likewise what somebody else starts. */
  readonly words: readonly string[];
}

/** Brokers that runs share which find no lane: one cannot keep the machine busy, and more than two would not help it. */
const MOST_SHARED = 2;
/** A broker without work ends after so many milliseconds, and so does the memory of earlier launches. */
const IDLE_MS = 60_000;
/** How long nothing new is tried after a broker could not be started, in milliseconds; twice as long after each in a row. */
const RETRY_MS = 10_000;

interface Resting {
  readonly lane: Lane;
  readonly since: number;
}

/** The brokers of one runner: started when there is work for them, one at a time, ended when there is none. */
export class BrokerPool {
  readonly #mostLanes: number;
  readonly #program: string;
  readonly #tags: ProcessTags;
  readonly #log: Pick<Logger, "warn">;
  readonly #files = new ProcFiles();
  /** All, from their start until they are gone. */
  readonly #brokers = new Set<Broker>();
  readonly #lanes = new Set<Broker>();
  readonly #shared = new Map<Broker, { idleSince: number }>();
  /** The last one that came to rest is taken first, so that those beyond the need end. */
  #free: Resting[] = [];
  /** Where new brokers connect to. */
  #dock: Dock | undefined;
  /** Those that are not closed yet. */
  readonly #docks = new Set<Dock>();
  #starting: Promise<void> | undefined;
  #notBefore = 0;
  #retryMs = RETRY_MS;
  #lastAsked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param mostLanes How many lanes there may be at once. Runs beyond them share brokers, and pay for tags of their own.
   * @param program Sets the limit that is the tag, and becomes what it is told.
   */
  constructor(mostLanes: number, program: string, tags: ProcessTags, log: Pick<Logger, "warn">) {
    this.#mostLanes = mostLanes;
    this.#program = program;
    this.#tags = tags;
    this.#log = log;
  }

  /** A lane for one run, if one is free. */
  lane(): Lane | undefined {
    this.#grow("lane", this.#free.length === 0);
    return this.#free.pop()?.lane;
  }

  /** After a run: `clean` when nothing can be left of it. */
  giveBack(lane: Lane, clean: boolean): void {
    if (clean && lane.broker.usable && !this.#closed) this.#free.push({ lane, since: performance.now() });
    else lane.broker.kill();
    this.#watch();
  }

  /** The broker with the least to do, for runs that have tags of their own; `only` those that could not have had a lane. */
  shared(only: boolean): Broker | undefined {
    this.#grow("shared", only || this.#lanes.size >= this.#mostLanes);
    const [first, ...others] = this.#shared.keys();
    const found = others.reduce((least, other) => (other.busy < (least?.busy ?? 0) ? other : least), first);
    const use = found && this.#shared.get(found);
    if (use) use.idleSince = performance.now();
    return found;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const brokers = [...this.#brokers];
    for (const broker of brokers) broker.kill();
    await Promise.all(brokers.map(({ gone }) => gone));
    await this.#starting;
    await Promise.all([...this.#docks].map((dock) => dock.close()));
  }

  /** Who launches but once needs no broker. */
  #grow(kind: "lane" | "shared", wanting: boolean): void {
    const now = performance.now();
    const isFirst = now - this.#lastAsked > IDLE_MS;
    this.#lastAsked = now;
    if (!wanting || isFirst || this.#starting || this.#closed || now < this.#notBefore) return;
    if (kind === "lane" && this.#lanes.size < this.#mostLanes) this.#starting = this.#start(() => this.#startLane());
    if (kind === "shared" && this.#shared.size < Math.min(MOST_SHARED, this.#mostLanes))
      this.#starting = this.#start(() => this.#startShared());
  }

  async #start(start: () => Promise<void>): Promise<void> {
    try {
      await start();
      this.#retryMs = RETRY_MS;
    } catch (err) {
      if (this.#closed) return;
      this.#notBefore = performance.now() + this.#retryMs;
      this.#retryMs *= 2;
      this.#log.warn({ err }, "no spawn broker could be started, so processes are started without one for now");
    }
    this.#starting = undefined;
    this.#closeUnused();
    this.#watch();
  }

  async #startLane(): Promise<void> {
    const tag = this.#tags.take();
    if (tag === undefined) return;
    const words = [this.#program, ...taggingWords(tag)];
    const broker = await this.#startBroker(words);
    this.#lanes.add(broker);
    await broker.ready;
    if (broker.usable) this.#free.push({ lane: { broker, tag, words }, since: performance.now() });
  }

  async #startShared(): Promise<void> {
    const broker = await this.#startBroker([]);
    await broker.ready;
    if (broker.usable) this.#shared.set(broker, { idleSince: performance.now() });
  }

  async #startBroker(words: readonly string[]): Promise<Broker> {
    const dock = await this.#openDock();
    if (this.#closed) throw new Error("the brokers of this runner have been ended");
    const broker = new Broker(dock, words, this.#files);
    this.#brokers.add(broker);
    void broker.gone.then(() => this.#drop(broker));
    return broker;
  }

  async #openDock(): Promise<Dock> {
    if (this.#dock) return this.#dock;
    const dock = await Dock.open();
    this.#docks.add(dock);
    this.#dock = dock;
    void dock.lost.then(() => this.#abandon(dock));
    return dock;
  }

  /** Its brokers cannot connect anything any more. */
  #abandon(dock: Dock): void {
    this.#leave(dock);
    for (const broker of this.#brokers) if (broker.dock === dock) this.#retire(broker);
  }

  #retire(broker: Broker): void {
    this.#takeOut(broker);
    broker.retire();
  }

  #takeOut(broker: Broker): void {
    this.#shared.delete(broker);
    this.#free = this.#free.filter(({ lane }) => lane.broker !== broker);
  }

  #drop(broker: Broker): void {
    this.#takeOut(broker);
    this.#brokers.delete(broker);
    this.#lanes.delete(broker);
    this.#closeUnused();
  }

  /** A dock without brokers is a directory that a death would leave behind. */
  #closeUnused(): void {
    if (this.#starting || this.#closed) return;
    const used = new Set([...this.#brokers].map(({ dock }) => dock));
    for (const dock of this.#docks) if (!used.has(dock)) this.#close(dock);
  }

  #close(dock: Dock): void {
    this.#docks.delete(dock);
    this.#leave(dock);
    void dock.close();
  }

  #leave(dock: Dock): void {
    if (dock === this.#dock) this.#dock = undefined;
  }

  #watch(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => this.#endIdle(), IDLE_MS / 4).unref();
  }

  #endIdle(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const { lane, since } of this.#free) if (now - since > IDLE_MS) this.#retire(lane.broker);
    for (const [broker, use] of this.#shared) {
      if (broker.busy > 0) use.idleSince = now;
      else if (now - use.idleSince > IDLE_MS) this.#retire(broker);
    }
    if (this.#brokers.size > 0) this.#watch();
  }
}
