import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Feed, LeaseSource, Logger, RunnerSecrets } from "leasehold";
import type { AgentsDoor } from "./agents-door.ts";
import type { Staging } from "./archive/staging.ts";
import { isLoopback } from "./http/guards.ts";
import { UnderWay } from "./http/under-way.ts";
import { InvokeLeases } from "./invoke/invoke-leases.ts";
import type { OkenOptions } from "./options.ts";

/** Name of the lease source. */
export const SOURCE = "docker-oken";
/** How long streams, and deployments that took longer than the drain, may go on once the runner ends. */
const FAREWELL_MS = 3_000;

export interface OkenSourceParts {
  readonly agents: () => Promise<AgentsDoor>;
  readonly options: OkenOptions;
  readonly staging: Staging;
  readonly secrets: RunnerSecrets;
  readonly log: Logger;
}

/** The Oken runner API as a lease source: every call is a lease whose caller waits for the outcome. */
export class OkenSource implements LeaseSource {
  readonly name = SOURCE;
  readonly delivery = "attached";
  readonly slots: number;
  readonly #parts: OkenSourceParts;
  readonly #deployments = new UnderWay();
  readonly #closing = new AbortController();
  readonly #listening = Promise.withResolvers<string>();
  #server: FastifyInstance | undefined;

  constructor(parts: OkenSourceParts) {
    this.#parts = parts;
    this.slots = parts.options.maxInFlight;
    this.#listening.promise.catch(() => undefined);
  }

  /** The API's address once it listens, as in `http://127.0.0.1:8000`. */
  get address(): Promise<string> {
    return this.#listening.promise;
  }

  /** Listens until the signal is aborted. Rejects when it cannot listen, or the agents cannot be had. */
  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    const server = await this.#open(feed).catch((thrown) => {
      this.#listening.reject(thrown);
      throw thrown;
    });
    if (!signal.aborted) await once(signal, "abort");
    server.close();
    server.closeIdleConnections();
  }

  /** Through the Oken platform a deployment is made once and never again: a drain lets it end. */
  idle(): Promise<void> {
    return this.#deployments.idle();
  }

  /** Lets what is still there, streams of logs above all, end by itself for a moment, then ends it. */
  async close(signal: AbortSignal): Promise<void> {
    const server = this.#server?.server;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await Promise.race([closed, once(AbortSignal.any([signal, AbortSignal.timeout(FAREWELL_MS)]), "abort")]);
    this.#closing.abort(new Error("the runner is shutting down"));
    await this.#server?.close();
  }

  async #open(feed: Feed): Promise<Server> {
    const { agents, options, staging, secrets, log } = this.#parts;
    const opened = await agents();
    await staging.sweep();
    const { buildServer } = await import("./http/api-server.ts");
    const leases = new InvokeLeases(feed, options.maxQueued);
    const maskOf = (agentId: string) => {
      const masking = secrets.ofAgent(agentId);
      return (text: string) => masking.text(text);
    };
    const { signal: closing } = this.#closing;
    const deployments = this.#deployments;
    this.#server = buildServer({ agents: opened, leases, staging, options, maskOf, deployments, closing, log });
    const address = await this.#listen(this.#server);
    log.info({ address }, `the Oken runner API listens on ${address}`);
    this.#warnOfExposure(address);
    this.#listening.resolve(address);
    return this.#server.server;
  }

  async #listen(server: FastifyInstance): Promise<string> {
    const { host, port } = this.#parts.options;
    try {
      await server.listen({ host, port });
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      const why = code === "EADDRINUSE" ? "the port is taken; set OKEN_PORT" : (code ?? String(thrown));
      throw new Error(`the Oken runner API cannot listen on ${host} port ${port}: ${why}`, { cause: thrown });
    }
    const bound = server.server.address() as AddressInfo;
    return `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
  }

  #warnOfExposure(address: string): void {
    const { host, apiToken } = this.#parts.options;
    if (isLoopback(host) || apiToken !== undefined) return;
    this.#parts.log.warn(
      { address },
      "ANYONE WHO CAN REACH THIS ADDRESS CAN RUN CODE HERE: the Oken runner API listens on more than loopback and asks for no token. Set OKEN_API_TOKEN, or keep the address inside a private network",
    );
  }
}
