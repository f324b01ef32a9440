import { type Sweep, send, type Tree } from "./tree.ts";

/** A tree on systems without `/proc`: the process group is all that can be found. */
export class GroupTree implements Tree {
  readonly #group: number;
  readonly #sent = new Set<NodeJS.Signals>();

  constructor(group: number) {
    this.#group = group;
  }

  signalGroup(signal: NodeJS.Signals): boolean {
    this.#sent.add(signal);
    return send(-this.#group, signal);
  }

  async sweep(signal?: NodeJS.Signals): Promise<Sweep> {
    if (!this.#isAlive()) return { alive: 0, signalled: 0, certainty: "whole" };
    const fresh = signal !== undefined && !this.#sent.has(signal);
    return { alive: 1, signalled: fresh && this.signalGroup(signal) ? 1 : 0, certainty: "whole" };
  }

  #isAlive(): boolean {
    try {
      return process.kill(-this.#group, 0);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  }
}
