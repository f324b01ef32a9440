import { Limiter } from "../limiter.ts";

/** Works on one content at a time: who comes second finds what the first has made. */
export class OncePerContent {
  readonly #lanes = new Map<string, Limiter>();

  /** Rejects with the signal's reason while it waits. */
  async run<Type>(hash: string, signal: AbortSignal, work: () => Promise<Type>): Promise<Type> {
    const lane = this.#lanes.get(hash) ?? new Limiter(1);
    this.#lanes.set(hash, lane);
    try {
      return await lane.run(signal, work);
    } finally {
      if (lane.isIdle) this.#lanes.delete(hash);
    }
  }
}
