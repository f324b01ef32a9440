import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

const SLOTS = 4;
const WORK_MS = 200;

/** What one coordinator passes at most: runs that do nothing, as many at once as the largest fleet has slots. */
export const fleetLimit: Measure = {
  name: "the coordinator's own limit",
  unit: "runs/s",
  rounds: 3,
  async open(scale) {
    const limit = await Fleet.open(1, { slots: 32, ms: 0 });
    return { value: () => limit.rate(scale === "quick" ? 64 : 1_000), close: () => limit.close() };
  },
};

/** Several runners on one coordinator, beside as many times what one of them passes, or the coordinator if that is less. */
export function fleet(size: number): Measure {
  return {
    name: `fleet of ${size} runners, ${SLOTS} slots each`,
    unit: "runs/s",
    baseline: `${size} × one runner, at most the coordinator's own limit`,
    bar: { kind: "ratio at least", limit: 0.9 },
    rounds: 5,
    async open(scale) {
      const perRunner = scale === "quick" ? SLOTS : 40;
      const work = { slots: SLOTS, ms: WORK_MS };
      const [many, one] = await Promise.all([Fleet.open(size, work), Fleet.open(1, work)]);
      const idle = await Fleet.open(1, { slots: size * SLOTS, ms: 0 });
      return {
        value: () => many.rate(perRunner * size),
        baseline: async () =>
          Math.min(size * (await one.rate(perRunner)), await idle.rate(scale === "quick" ? 32 : 500)),
        close: async () => void (await Promise.all([many.close(), one.close(), idle.close()])),
      };
    },
  };
}

interface Work {
  /** Of each runner. */
  readonly slots: number;
  /** Milliseconds that a run takes. */
  readonly ms: number;
}

class Fleet {
  readonly #coordinator = new Subject("coordinator");
  readonly #runners: Subject[];
  readonly #slots: number;

  private constructor(size: number, slots: number) {
    this.#runners = Array.from({ length: size }, () => new Subject("leasehold"));
    this.#slots = slots;
  }

  static async open(size: number, { slots, ms }: Work): Promise<Fleet> {
    const fleet = new Fleet(size, slots);
    const url = await fleet.#coordinator.call<string>("url");
    for (const [index, runner] of fleet.#runners.entries()) {
      await fleet.#coordinator.call("expectPoll");
      await runner.call("start", { url, agent: `hello-${index}`, slots, executor: "nothing", ms });
      await fleet.#coordinator.call("polled");
    }
    return fleet;
  }

  /** Runs per second, as many in flight as there are slots. */
  async rate(count: number): Promise<number> {
    const agents = this.#runners.map((_, index) => `hello-${index}`);
    return count / (await this.#coordinator.call<number>("pass", agents, count, agents.length * this.#slots));
  }

  async close(): Promise<void> {
    for (const subject of [...this.#runners, this.#coordinator]) await subject.close();
  }
}
