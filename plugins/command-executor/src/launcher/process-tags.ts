import { randomInt } from "node:crypto";

/** Everything a run starts inherits a tag from its own block, so that runners inside a run stay recognisable as its children. */
const BLOCK = 2n ** 31n;
const FEWEST_FREE = 2n ** 16n;

/**
 * Numbers that mark the processes of a run: a limit that Linux hands on and does not enforce (RLIMIT_LOCKS) is set to one.
 * Drawn from a large space, so that runners on one machine need not know each other.
 */
export class ProcessTags {
  readonly #used = new Set<bigint>();
  readonly #ownLimit: bigint | undefined;

  /** `ownLimit` is this process's limit, nothing where it has none: tags must lie below, for limits can only be lowered. */
  constructor(ownLimit?: bigint) {
    this.#ownLimit = ownLimit;
  }

  /** A tag not in use here, or nothing when our own limit leaves no room. */
  take(): bigint | undefined {
    if (this.#ownLimit !== undefined && this.#ownLimit - blockFloor(this.#ownLimit) < FEWEST_FREE) return undefined;
    for (;;) {
      const tag = this.#draw();
      if (this.#used.has(tag)) continue;
      this.#used.add(tag);
      return tag;
    }
  }

  giveBack(tag: bigint): void {
    this.#used.delete(tag);
  }

  #draw(): bigint {
    if (this.#ownLimit === undefined) return BigInt(randomInt(2 ** 30, 2 ** 31)) * BLOCK;
    const floor = blockFloor(this.#ownLimit);
    return floor + 1n + BigInt(randomInt(Number(this.#ownLimit - floor - 1n)));
  }
}

/** Whether a process with this limit belongs to the run with this tag: a whole block belongs to an outermost run. */
export function bearsTag(limit: bigint, tag: bigint): boolean {
  return tag % BLOCK === 0n ? limit > tag - BLOCK && limit <= tag : limit === tag;
}

/** Whether a limit lies in the block that a tag is from: without privileges nothing leaves it but downwards. */
export function isOfBlock(limit: bigint, tag: bigint): boolean {
  return blockFloor(limit) === blockFloor(tag);
}

function blockFloor(limit: bigint): bigint {
  return ((limit - 1n) / BLOCK) * BLOCK;
}
