import type { Logger, ProcessSpec } from "leasehold";
import type { Broker } from "./broker/broker.ts";
import type { BrokerPool, Lane } from "./broker/broker-pool.ts";
import { ProcessTags } from "./process-tags.ts";
import { findTaggingProgram, taggingWords } from "./tagging-program.ts";

/** Where a child is started, and what marks it and all that it starts. */
export interface Place {
  readonly tag: bigint | undefined;
  /** Who starts it; this process itself, unless given. */
  readonly broker: Broker | undefined;
  /** What stands before its own words, to tag it. */
  readonly words: readonly string[];
  /** Whether what the broker starts bears the tag without them. */
  readonly inherits: boolean;
  /** To be called when nothing is under way there any more: `clean` when nothing can be left alive either. */
  leave(clean: boolean): void;
}

/** Where nothing can be tagged. */
export const UNTAGGED: Place = {
  tag: undefined,
  broker: undefined,
  words: [],
  inherits: false,
  leave: () => undefined,
};

export interface PlacesOptions {
  /** Asked once for the program that tags children. */
  readonly findProgram?: (tag: bigint) => Promise<string | undefined>;
  /** How many brokers may have a run of their own; 8 unless said otherwise. With 0 there are none. */
  readonly brokers?: number;
}

/** Enough for what two processors do at once with short programs; each takes some 15 MB. */
const BROKERS = 8;

/** Finds a place for each child: a lane, else a shared broker, else this process. */
export class Places {
  readonly #tags: ProcessTags;
  readonly #log: Pick<Logger, "warn">;
  readonly #findProgram: (tag: bigint) => Promise<string | undefined>;
  readonly #brokers: number;
  #program: Promise<string | undefined> | undefined;
  #pool: BrokerPool | undefined;
  #closed = false;

  /** @param ownLimit This process's limit of file locks, nothing where it has none. */
  constructor(log: Pick<Logger, "warn">, ownLimit: bigint | undefined, options: PlacesOptions) {
    this.#log = log;
    this.#tags = new ProcessTags(ownLimit);
    this.#findProgram = options.findProgram ?? findTaggingProgram;
    this.#brokers = options.brokers ?? BROKERS;
  }

  /** A place of which trees can be found by tags, where there are any. */
  async find({ background }: ProcessSpec): Promise<Place> {
    const pool = await this.#openPool();
    // What is to stay behind would bear the lane's tag, and count as the next run's.
    const isKept = background === "keep";
    const lane = isKept ? undefined : pool?.lane();
    return lane ? laneOf(lane, pool!) : this.#tagged(pool?.shared(isKept));
  }

  /** Ends what starts children for us. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool?.close();
  }

  async #tagged(broker: Broker | undefined): Promise<Place> {
    const tag = this.#tags.take();
    const program = tag === undefined ? undefined : await this.#taggingProgram(tag);
    if (tag === undefined) return UNTAGGED;
    const giveBack = () => this.#tags.giveBack(tag);
    if (program !== undefined)
      return {
        tag,
        broker,
        words: [program, ...taggingWords(tag)],
        inherits: false,
        leave: (clean) => clean && giveBack(),
      };
    giveBack();
    return UNTAGGED;
  }

  /** Only where brokers' children can be found again by tags. */
  async #openPool(): Promise<BrokerPool | undefined> {
    if (this.#pool || this.#closed || this.#brokers === 0) return this.#pool;
    const tag = this.#tags.take();
    const program = tag === undefined ? undefined : await this.#taggingProgram(tag);
    if (tag !== undefined) this.#tags.giveBack(tag);
    if (program === undefined) return undefined;
    // A runner that starts nothing need not load it.
    const { BrokerPool } = await import("./broker/broker-pool.ts");
    this.#pool ??= new BrokerPool(this.#brokers, program, this.#tags, this.#log);
    return this.#pool;
  }

  #taggingProgram(tag: bigint): Promise<string | undefined> {
    this.#program ??= this.#findProgram(tag);
    return this.#program;
  }
}

function laneOf(lane: Lane, pool: BrokerPool): Place {
  return { ...lane, inherits: true, leave: (clean) => pool.giveBack(lane, clean) };
}
