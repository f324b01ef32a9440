import type { JsonObject } from "leasehold";
import { Census } from "./census.ts";
import { GroupTree } from "./group-tree.ts";
import { ProcFiles } from "./proc-files.ts";
import { ProcessTree, type TreeIdentity } from "./process-tree.ts";
import type { Tree } from "./tree.ts";

/** Finds trees of processes: those just started, and those that a predecessor of this process wrote down. */
export class TreeFinder {
  readonly files = new ProcFiles();
  readonly #census = new Census(this.files);
  /** Whether more than process groups can be found here. */
  readonly canSeeAll = this.files.present;

  /** To be called in the turn that started the process, so that the pid is surely still its own. */
  started(pid: number, tag: bigint | undefined): { tree: Tree; startTime: number } {
    if (!this.canSeeAll) return { tree: new GroupTree(pid), startTime: 0 };
    const startTime = this.files.facts(pid)?.startTime ?? 0;
    return { tree: this.#tree({ tag, first: { pid, startTime } }), startTime };
  }

  /** What the start of a tree leaves in the journal. */
  record(tag: bigint | undefined): JsonObject {
    return { tag: tag === undefined ? null : String(tag), boot: this.canSeeAll ? this.files.bootId() : null };
  }

  /** The tree that a record names; nothing when it cannot be alive or cannot be told from strangers. */
  recorded({ tag, boot, pid, startTime }: JsonObject): Tree | undefined {
    if (!this.canSeeAll || boot !== this.files.bootId()) return undefined;
    const first = typeof pid === "number" && typeof startTime === "number" ? { pid, startTime } : undefined;
    if (typeof tag !== "string" && first === undefined) return undefined;
    return this.#tree({ tag: typeof tag === "string" ? BigInt(tag) : undefined, first });
  }

  #tree(identity: TreeIdentity): Tree {
    return new ProcessTree(this.files, this.#census, identity);
  }
}
