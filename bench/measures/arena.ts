import { Subject } from "../subject.ts";

/** A runner and a bare one, each with a coordinator of its own. */
export class Arena {
  /** The coordinator that our runner serves. */
  readonly ours = new Subject("coordinator");
  /** The coordinator that the bare runner serves. */
  readonly bare = new Subject("coordinator");
  readonly #runners = [new Subject("leasehold"), new Subject("bare-runner")] as const;

  private constructor() {}

  static async open(slots: number, executor: "command" | "nothing"): Promise<Arena> {
    const arena = new Arena();
    const [runner, bareRunner] = arena.#runners;
    const url = await arena.ours.call<string>("url");
    await arena.ours.call("expectPoll");
    await runner.call("start", { url, slots, executor });
    await arena.ours.call("polled");
    await bareRunner.call("start", await arena.bare.call<string>("url"), slots, executor);
    return arena;
  }

  get runner(): Subject {
    return this.#runners[0];
  }

  async close(): Promise<void> {
    for (const subject of [...this.#runners, this.ours, this.bare]) await subject.close();
  }
}
