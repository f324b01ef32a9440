import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

const SLOTS = 4;
const WORK_MS = 200;

/** Several runners on one coordinator, beside as many times what one of them passes. */
export function fleet(size: number): Measure {
  return {
    name: `fleet of ${size} runners, ${SLOTS} slots each`,
    unit: "runs/s",
    baseline: `${size} × one runner`,
    bar: { kind: "ratio at least", limit: 0.9 },
    rounds: 5,
    async open(scale) {
      const perRunner = scale === "quick" ? SLOTS : 40;
      const [many, one] = await Promise.all([Fleet.open(size), Fleet.open(1)]);
      return {
        value: () => many.rate(perRunner * size),
        baseline: async () => size * (await one.rate(perRunner)),
        close: async () => void (await Promise.all([many.close(), one.close()])),
      };
    },
  };
}

class Fleet {
  readonly #coordinator = new Subject("coordinator");
  readonly #runners: Subject[];

  private constructor(size: number) {
    this.#runners = Array.from({ length: size }, () => new Subject("leasehold"));
  }

  static async open(size: number): Promise<Fleet> {
    const fleet = new Fleet(size);
    const url = await fleet.#coordinator.call<string>("url");
    for (const [index, runner] of fleet.#runners.entries()) {
      await fleet.#coordinator.call("expectPoll");
      await runner.call("start", { url, agent: `hello-${index}`, slots: SLOTS, executor: "nothing", ms: WORK_MS });
      await fleet.#coordinator.call("polled");
    }
    return fleet;
  }

  /** Runs per second, as many in flight as there are slots. */
  async rate(count: number): Promise<number> {
    const agents = this.#runners.map((_, index) => `hello-${index}`);
    return count / (await this.#coordinator.call<number>("pass", agents, count, agents.length * SLOTS));
  }

  async close(): Promise<void> {
    for (const subject of [...this.#runners, this.#coordinator]) await subject.close();
  }
}
