import { setTimeout as wait } from "node:timers/promises";
import type { Fault, FaultScript } from "../faults/fault.ts";
import { FaultProxy } from "../faults/proxy.ts";

/** What a test needs of a coordinator; `@leasehold/embedded-coordinator` starts one of this shape. */
export interface TestCoordinator {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The first answered request that is wanted, answered already or still to come. */
  recorded(wanted: (entry: RecordedRequest) => boolean): Promise<unknown>;
  close(): Promise<void>;
}

/** A request that a coordinator has answered. */
export interface RecordedRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
}

/** Starts a coordinator on a free port, with its data in a file. */
export type StartCoordinator<C extends TestCoordinator> = (options: {
  readonly port: 0;
  readonly data: string;
}) => Promise<C>;

/** A coordinator that can be restarted, and the proxy before it where there is a fault script. */
export class Coordinators<C extends TestCoordinator> {
  readonly #start: () => Promise<C>;
  readonly #script: FaultScript | undefined;
  #current: C | undefined;
  #proxy: FaultProxy | undefined;
  #restarting: Promise<void> | undefined;

  constructor(start: StartCoordinator<C>, data: string, script: FaultScript | undefined) {
    this.#start = () => start({ port: 0, data });
    this.#script = script;
  }

  /** The coordinator of the moment. */
  get current(): C | undefined {
    return this.#current;
  }

  /** Resolves with the URL that the runner is to be given. */
  async open(): Promise<string> {
    this.#current = await this.#start();
    if (!this.#script) return this.#current.url;
    const fault = (method: string, path: string) => this.#faultOf(method, path);
    this.#proxy = new FaultProxy({ port: () => this.#current?.port, fault });
    await this.#proxy.listen();
    return this.#proxy.url;
  }

  /** The coordinator that answers, after a restart that is under way. */
  async present(): Promise<C> {
    await this.#restarting;
    if (!this.#current) throw new Error("the coordinator is closed");
    return this.#current;
  }

  /** Ends the coordinator, and after `ms` starts another one on the same data. */
  restart(ms = 0): Promise<void> {
    this.#restarting = (this.#restarting ?? Promise.resolve()).then(async () => {
      const ending = this.#current;
      this.#current = undefined;
      await ending?.close();
      await wait(ms);
      this.#current = await this.#start();
    });
    return this.#restarting;
  }

  async close(): Promise<void> {
    await this.#restarting?.catch(() => undefined);
    await this.#proxy?.close();
    await this.#current?.close();
    this.#current = undefined;
  }

  #faultOf(method: string, path: string): Fault | undefined {
    const fault = this.#script?.next(method, path);
    if (fault?.kind === "restart") void this.restart(fault.ms).catch(() => undefined);
    return fault;
  }
}
