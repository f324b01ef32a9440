import { join } from "node:path";
import { Leasehold } from "./leasehold.ts";

const LEASEHOLD_CONFIG = join(import.meta.dirname, "../fixtures/e2e/coordinator.config.ts");

/** The embedded coordinator as a process of its own, which can be killed. */
export class CoordinatorProcess {
  readonly url: string;
  readonly #process: Leasehold;

  private constructor(url: string, process: Leasehold) {
    this.url = url;
    this.#process = process;
  }

  /** @param port Where to listen; 0 takes a free port. */
  static async start(data: string, port = 0): Promise<CoordinatorProcess> {
    const args = ["coordinator", "--port", String(port), "--data", data];
    const serving = new Leasehold(args, { env: { LEASEHOLD_CONFIG } });
    await serving.printed("listening on ");
    const url = /listening on (\S+)/.exec(serving.stdout)?.[1] as string;
    return new CoordinatorProcess(url, serving);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  dispose(): Promise<void> {
    return this.#process.dispose();
  }
}
