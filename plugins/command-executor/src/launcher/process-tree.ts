import type { Census, Sighting } from "./census.ts";
import type { ProcessFacts, ProcFiles } from "./proc-files.ts";
import { bearsTag, isOfBlock } from "./process-tags.ts";
import { type Sweep, send, type Tree } from "./tree.ts";

/** A process, for good: pids are given out again, but not in the tick of the clock in which they were. */
export interface Identified {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTime: number;
}

/** What is known of a tree: the tag its members inherit, the first process, or both. */
export interface TreeIdentity {
  readonly tag?: bigint | undefined;
  readonly first?: Identified | undefined;
  /** Who started the first process, and is no member even if it bears the tag. */
  readonly broker?: Identified | undefined;
}

/**
 * A tree found by the union of tag, process group, session and descent, so that a member that left some of them still
 * belongs. Group and session count only as long as their number cannot have passed to strangers.
 */
export class ProcessTree implements Tree {
  readonly #files: ProcFiles;
  readonly #census: Census;
  readonly #identity: TreeIdentity;
  /** Members by pid, with their start times. */
  readonly #known = new Map<number, number>();
  readonly #signalled = new Map<number, { startTime: number; signal: NodeJS.Signals }>();
  #groupSignal: NodeJS.Signals | undefined;
  #reserved: boolean;

  constructor(files: ProcFiles, census: Census, identity: TreeIdentity) {
    this.#files = files;
    this.#census = census;
    this.#identity = identity;
    const { first, tag } = identity;
    const now = first && files.facts(first.pid);
    this.#reserved = now ? now.startTime === first?.startTime : first !== undefined && tag === undefined;
    if (first) this.#known.set(first.pid, first.startTime);
  }

  signalGroup(signal: NodeJS.Signals): boolean {
    const { first } = this.#identity;
    if (first === undefined || this.#files.facts(first.pid)?.startTime !== first.startTime) return false;
    this.#groupSignal = signal;
    return send(-first.pid, signal);
  }

  /** SIGKILL goes out the moment a member is found; anything else from the oldest to the youngest, once all are. */
  async sweep(signal?: NodeJS.Signals): Promise<Sweep> {
    const look = new Look();
    const certainty = await this.#census.look({
      since: this.#identity.first?.startTime ?? 0,
      wants: (pid, limit) => this.#known.has(pid) || this.#isOfBlock(limit),
      see: (facts) => {
        if (!this.#isMember(facts)) look.others.push(facts);
        else if (this.#admit(facts, look) && signal === "SIGKILL") look.signalled += this.#signal(facts, signal);
      },
    });
    this.#admitDescendants(look);
    this.#reserved &&= look.holdsNumber(this.#identity.first?.pid);
    if (signal) for (const facts of look.alive.sort(byAge)) look.signalled += this.#signal(facts, signal);
    return { alive: look.alive.length, signalled: look.signalled, certainty: look.newlyDead ? "torn" : certainty };
  }

  #isMember(facts: Sighting): boolean {
    const { first, tag, broker } = this.#identity;
    if (facts.pid === process.pid) return false;
    if (facts.pid === broker?.pid && facts.startTime === broker.startTime) return false;
    if (this.#known.get(facts.pid) === facts.startTime) return true;
    if (this.#reserved && first && (facts.group === first.pid || facts.session === first.pid)) return true;
    return tag !== undefined && facts.fileLocks.some((limit) => bearsTag(limit, tag));
  }

  /** Whatever belongs here is limited within the block, even where a runner inside has given it a tag of its own. */
  #isOfBlock(limit: bigint): boolean {
    const { tag } = this.#identity;
    return tag === undefined || isOfBlock(limit, tag);
  }

  /** Answers whether the member lives. One that is dead when first seen may have left children behind, unseen. */
  #admit(facts: ProcessFacts, look: Look): boolean {
    const isNew = this.#known.get(facts.pid) !== facts.startTime;
    this.#known.set(facts.pid, facts.startTime);
    look.members.set(facts.pid, facts);
    if (!facts.zombie) look.alive.push(facts);
    else if (isNew) look.newlyDead = true;
    return !facts.zombie;
  }

  #admitDescendants(look: Look): void {
    for (let found = true; found; ) {
      const children = look.others.filter(({ parent, pid }) => look.members.has(parent) && !look.members.has(pid));
      for (const child of children) this.#admit(child, look);
      found = children.length > 0;
    }
  }

  /** 1 when the process is still the same and got the signal for the first time, else 0. */
  #signal({ pid, startTime, group }: ProcessFacts, signal: NodeJS.Signals): number {
    const last = this.#signalled.get(pid);
    if (last?.startTime === startTime && last.signal === signal) return 0;
    if (this.#files.facts(pid)?.startTime !== startTime) return 0;
    this.#signalled.set(pid, { startTime, signal });
    if (this.#groupSignal === signal && signal !== "SIGKILL" && group === this.#identity.first?.pid) return 0;
    return send(pid, signal) ? 1 : 0;
  }
}

/** What one sweep gathers. */
class Look {
  readonly members = new Map<number, ProcessFacts>();
  readonly alive: ProcessFacts[] = [];
  readonly others: ProcessFacts[] = [];
  signalled = 0;
  newlyDead = false;

  /** Whether a member, living or dead, keeps a number from being given to a new process. */
  holdsNumber(number: number | undefined): boolean {
    return [...this.members.values()].some(({ pid, group, session }) => [pid, group, session].includes(number ?? 0));
  }
}

function byAge(one: ProcessFacts, other: ProcessFacts): number {
  return one.startTime - other.startTime || one.pid - other.pid;
}
