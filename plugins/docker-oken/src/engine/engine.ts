import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Logger } from "leasehold";
import { INSTANCE_LABEL } from "../containers/labels.ts";
import { addressText, clientOptions, type EngineAddress } from "./engine-address.ts";
import { reasonOf } from "./engine-error.ts";
import { type ContainerEvent, containerEvents } from "./engine-events.ts";
import { ensureNetwork, type NetworkWish, warnOfTraffic } from "./engine-network.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** What whoever runs containers hears of the engine. */
export interface EngineListener {
  event(event: ContainerEvent): void;
  /** The engine answers: for the first time, or again after it was lost. Events between may have been missed. */
  back(): Promise<void> | void;
  lost?(problem: string): void;
}

export interface EngineStatus {
  readonly up: boolean;
  readonly address: string;
  /** Why it is not up. */
  readonly problem?: string;
}

/** A Docker engine and what it tells of one runner's containers, over one connection that is made again when it breaks. */
export class Engine {
  readonly docker: Docker;
  readonly #address: string;
  readonly #network: NetworkWish;
  readonly #instance: string;
  readonly #log: Logger;
  readonly #over = new AbortController();
  readonly #listeners = new Set<EngineListener>();
  #up = Promise.withResolvers<void>();
  #problem: string | undefined = "not connected yet";
  #following: Promise<void> | undefined;

  constructor(docker: Docker, address: string, instance: string, network: NetworkWish, log: Logger) {
    this.docker = docker;
    this.#address = address;
    this.#instance = instance;
    this.#network = network;
    this.#log = log;
  }

  /** Makes the client, without connecting. Throws an `Error` when the address is no address. */
  static async open(options: EngineAddress & NetworkWish, instance: string, log: Logger): Promise<Engine> {
    // On first use: most runners have no agents in containers, and the client is large.
    const { default: Client } = await import("dockerode");
    return new Engine(new Client(await clientOptions(options)), addressText(options), instance, options, log);
  }

  get status(): EngineStatus {
    return { up: !this.#problem, address: this.#address, ...(this.#problem ? { problem: this.#problem } : {}) };
  }

  listen(listener: EngineListener): void {
    this.#listeners.add(listener);
  }

  /** Connects and follows the events until `close`. Resolves once the first attempt has succeeded or failed. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#following ??= this.#follow(first.resolve);
    await first.promise;
  }

  /** Resolves as soon as the engine answers; rejects with the signal's reason. */
  async whenUp(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#problem) return;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#up.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#following;
  }

  async #follow(tried: () => void): Promise<void> {
    const { signal } = this.#over;
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const problem = await this.#followOnce(() => {
        wait = FIRST_WAIT_MS / 2;
        tried();
      });
      if (!signal.aborted) this.#lose(problem);
      tried();
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One connection's life; answers why it ended. */
  async #followOnce(connected: () => void): Promise<string> {
    try {
      const label = [`${INSTANCE_LABEL}=${this.#instance}`];
      const filters: Docker.GetEventsOptions["filters"] = { type: ["container"], label };
      const stream = await this.docker.getEvents({ filters, abortSignal: this.#over.signal });
      await ensureNetwork(this.docker, this.#network, this.#log);
      await warnOfTraffic(this.docker, this.#network, this.#log);
      await this.#find(connected);
      for await (const event of containerEvents(stream)) this.#tell(event);
      return "it ended the stream of its events";
    } catch (thrown) {
      return reasonOf(thrown);
    }
  }

  async #find(connected: () => void): Promise<void> {
    this.#log.info({ address: this.#address }, `the Docker engine at ${this.#address} answers`);
    this.#problem = undefined;
    this.#up.resolve();
    await Promise.all([...this.#listeners].map(async (listener) => listener.back()));
    connected();
  }

  #lose(problem: string): void {
    const known = this.#problem === problem;
    if (!this.#problem) this.#up = Promise.withResolvers();
    this.#problem = problem;
    if (known) return;
    this.#log.error({ address: this.#address }, `the Docker engine at ${this.#address} does not answer: ${problem}`);
    for (const listener of this.#listeners) listener.lost?.(problem);
  }

  #tell(event: ContainerEvent): void {
    for (const listener of this.#listeners) listener.event(event);
  }
}
