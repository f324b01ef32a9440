import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonObject, JsonValue } from "leasehold";
import { Census } from "./census.ts";
import { GroupTree } from "./group-tree.ts";
import type { Place } from "./places.ts";
import { ProcFiles } from "./proc-files.ts";
import { type Identified, ProcessTree, type TreeIdentity } from "./process-tree.ts";
import { send, type Tree } from "./tree.ts";

/** How long a broker that is left of a predecessor may take to die, in milliseconds. */
const DYING_MS = 3_000;

/** Finds trees of processes: those just started, and those that a predecessor of this process wrote down. */
export class TreeFinder {
  readonly files = new ProcFiles();
  readonly #census = new Census(this.files);
  /** Whether more than process groups can be found here. */
  readonly canSeeAll = this.files.present;

  /** When a process started, in clock ticks from boot; 0 where that cannot be learnt. */
  startTime(pid: number): number {
    return this.canSeeAll ? (this.files.facts(pid)?.startTime ?? 0) : 0;
  }

  /** The tree of a process that has been started. */
  tree(first: Identified, { tag, broker }: Place): Tree {
    return this.canSeeAll ? this.#tree({ tag, first, broker }) : new GroupTree(first.pid);
  }

  /** What the start of a tree leaves in the journal. */
  record({ tag, broker }: Place): JsonObject {
    const boot = this.canSeeAll ? this.files.bootId() : null;
    const by = broker && { broker: { pid: broker.pid, startTime: broker.startTime } };
    return { tag: tag === undefined ? null : String(tag), boot, ...by };
  }

  /** The tree that a record names; nothing when it cannot be alive or cannot be told from strangers. */
  recorded(data: JsonObject): Tree | undefined {
    if (!this.#isOfThisBoot(data)) return undefined;
    const tag = typeof data["tag"] === "string" ? BigInt(data["tag"]) : undefined;
    const first = identified(data);
    if (tag === undefined && first === undefined) return undefined;
    return this.#tree({ tag, first, broker: identified(data["broker"]) });
  }

  /** Ends the broker of a record, for it might yet start what it was told to. */
  async endBroker(data: JsonObject): Promise<void> {
    const broker = identified(data["broker"]);
    if (!broker || !this.#isOfThisBoot(data) || !this.#lives(broker)) return;
    send(broker.pid, "SIGKILL");
    const until = performance.now() + DYING_MS;
    while (this.#lives(broker) && performance.now() < until) await nextTurn();
  }

  #lives({ pid, startTime }: Identified): boolean {
    const facts = this.files.facts(pid);
    return facts?.startTime === startTime && !facts.zombie;
  }

  #isOfThisBoot({ boot }: JsonObject): boolean {
    return this.canSeeAll && boot === this.files.bootId();
  }

  #tree(identity: TreeIdentity): Tree {
    return new ProcessTree(this.files, this.#census, identity);
  }
}

function identified(data: JsonValue | undefined): Identified | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const { pid, startTime } = data as JsonObject;
  return typeof pid === "number" && typeof startTime === "number" ? { pid, startTime } : undefined;
}
