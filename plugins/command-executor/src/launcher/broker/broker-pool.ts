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
  readonly #lanes = new Set<Lane>();
  readonly #shared = new Map<Broker, { idleSince: number }>();
  /** The last one that came to rest is taken first, so that those beyond the need end. */
  #free: Resting[] = [];
  #dock: Promise<Dock> | undefined;
  #starting = false;
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
    this.#grow(this.#free.length === 0);
    return this.#free.pop()?.lane;
  }

  /** After a run: `clean` when nothing can be left of it. */
  giveBack(lane: Lane, clean: boolean): void {
    if (clean && lane.broker.alive && !this.#closed) this.#free.push({ lane, since: performance.now() });
    else lane.broker.kill();
    this.#watch();
  }

  /** The broker with the least to do, for runs that have tags of their own. */
  shared(): Broker | undefined {
    this.#grow(true);
    const [first, ...others] = this.#shared.keys();
    return others.reduce((least, other) => (other.busy < (least?.busy ?? 0) ? other : least), first);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const brokers = [...[...this.#lanes].map(({ broker }) => broker), ...this.#shared.keys()];
    for (const broker of brokers) broker.kill();
    await Promise.all(brokers.map(({ gone }) => gone));
    await (await this.#dock?.catch(() => undefined))?.close();
  }

  /** Who launches but once needs no broker. */
  #grow(wanting: boolean): void {
    const now = performance.now();
    const isFirst = now - this.#lastAsked > IDLE_MS;
    this.#lastAsked = now;
    if (!wanting || isFirst || this.#starting || this.#closed || now < this.#notBefore) return;
    if (this.#lanes.size < this.#mostLanes) void this.#start(() => this.#startLane());
    else if (this.#shared.size < Math.min(MOST_SHARED, this.#mostLanes)) void this.#start(() => this.#startShared());
  }

  async #start(start: () => Promise<void>): Promise<void> {
    this.#starting = true;
    try {
      await start();
      this.#retryMs = RETRY_MS;
    } catch (err) {
      if (this.#closed) return;
      this.#notBefore = performance.now() + this.#retryMs;
      this.#retryMs *= 2;
      this.#log.warn({ err }, "no spawn broker could be started, so processes are started without one for now");
    }
    this.#starting = false;
    this.#watch();
  }

  async #startLane(): Promise<void> {
    const tag = this.#tags.take();
    if (tag === undefined) return;
    const broker = new Broker(await this.#openDock(), [this.#program, ...taggingWords(tag)], this.#files);
    const lane = { broker, tag };
    this.#lanes.add(lane);
    void broker.gone.then(() => this.#dropLane(lane));
    await broker.ready;
    this.#free.push({ lane, since: performance.now() });
  }

  async #startShared(): Promise<void> {
    const broker = new Broker(await this.#openDock(), [], this.#files);
    void broker.gone.then(() => this.#shared.delete(broker));
    await broker.ready;
    this.#shared.set(broker, { idleSince: performance.now() });
  }

  #openDock(): Promise<Dock> {
    this.#dock ??= Dock.open();
    this.#dock.catch(() => {
      this.#dock = undefined;
    });
    return this.#dock;
  }

  #dropLane(lane: Lane): void {
    this.#lanes.delete(lane);
    this.#free = this.#free.filter((resting) => resting.lane !== lane);
  }

  #watch(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => this.#endIdle(), IDLE_MS / 4).unref();
  }

  #endIdle(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const { lane, since } of this.#free) if (now - since > IDLE_MS) lane.broker.kill();
    for (const [broker, use] of this.#shared) {
      if (broker.busy > 0) use.idleSince = now;
      else if (now - use.idleSince > IDLE_MS) broker.kill();
    }
    if (this.#lanes.size + this.#shared.size > 0) this.#watch();
  }
}
