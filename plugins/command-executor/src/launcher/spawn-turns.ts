import { setImmediate as nextTurn } from "node:timers/promises";

/** Spawning blocks the event loop while it lasts; so each turn of the loop does at most one, first come first served. */
export class SpawnTurns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(spawn: () => T): Promise<T> {
    const mine = this.#last.then(() => spawn());
    this.#last = mine.then(
      () => nextTurn(),
      () => nextTurn(),
    );
    return mine;
  }
}
