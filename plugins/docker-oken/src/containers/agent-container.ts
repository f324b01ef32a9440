import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { hasStatus, unlessStatus } from "../engine/engine-error.ts";
import { type Confinement, type ContainerPlan, containerSettings } from "./container-settings.ts";
import { type LogFrame, logFrames } from "./log-frames.ts";

/** Seconds between the request to end and the kill (spec §1.4). */
const STOP_GRACE_SECONDS = 5;

/** Where an agent listens, as seen by the runner. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What the engine knows of a container. */
export interface ContainerFacts {
  readonly name: string;
  readonly running: boolean;
  readonly paused: boolean;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly imageId: string;
  /** `NAME=value` each, the image's own included. */
  readonly environment: readonly string[];
  /** While it runs. */
  readonly endpoint?: Endpoint;
}

export interface LogWish {
  /** How many entries from the end. */
  readonly tail: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** One container of an agent. What it does is what the engine does; errors are the engine's. */
export class AgentContainer {
  readonly id: string;
  #name: string;
  #frozen = false;
  readonly #docker: Docker;
  readonly #options: Confinement;

  constructor(docker: Docker, id: string, name: string, options: Confinement) {
    this.id = id;
    this.#name = name;
    this.#docker = docker;
    this.#options = options;
  }

  /** Makes a container, and starts nothing. */
  static async create(docker: Docker, plan: ContainerPlan, options: Confinement): Promise<AgentContainer> {
    const image = await docker.getImage(plan.imageId).inspect();
    const { name, ...settings } = containerSettings(plan, options, image.Config.User ?? "");
    // The client would put all of it into the address too, the secrets with it, where logs and proxies keep them.
    const order = { name: plan.name, _query: { name }, _body: settings };
    const { id } = await docker.createContainer(order);
    return new AgentContainer(docker, id, plan.name, options);
  }

  get name(): string {
    return this.#name;
  }

  /** Nothing when the engine has no such container any more. */
  async inspect(): Promise<ContainerFacts | undefined> {
    try {
      return this.#facts(await this.#docker.getContainer(this.id).inspect());
    } catch (thrown) {
      if (hasStatus(thrown, 404)) return undefined;
      throw thrown;
    }
  }

  async start(): Promise<void> {
    await unlessStatus(this.#docker.getContainer(this.id).start(), 304);
  }

  /** Asks the agent to end and kills it after the grace. What is gone or ended already is no error. */
  async stop(graceSeconds = STOP_GRACE_SECONDS): Promise<void> {
    const container = this.#docker.getContainer(this.id);
    // A frozen process hears no signal. (The engine answers 500 where it was not frozen after all.)
    if (this.#frozen) await unlessStatus(container.unpause(), 304, 404, 409, 500);
    this.#frozen = false;
    await unlessStatus(container.stop({ t: graceSeconds }), 304, 404);
  }

  async freeze(): Promise<void> {
    await this.#docker.getContainer(this.id).pause();
    this.#frozen = true;
  }

  async thaw(): Promise<void> {
    await this.#docker.getContainer(this.id).unpause();
    this.#frozen = false;
  }

  async rename(name: string): Promise<void> {
    if (name === this.#name) return;
    await this.#docker.getContainer(this.id).rename({ name });
    this.#name = name;
  }

  /** Ends it at once where it runs, and removes it. */
  async remove(): Promise<void> {
    // 409: its removal is under way.
    await unlessStatus(this.#docker.getContainer(this.id).remove({ force: true, v: true }), 404, 409);
  }

  /** Resolves when it runs no more. */
  async ended(signal: AbortSignal): Promise<void> {
    await unlessStatus(this.#docker.getContainer(this.id).wait({ abortSignal: signal }), 404);
  }

  /** What it writes from now on, until it ends; to be called before the start, which nothing can then precede. */
  async output(signal: AbortSignal): Promise<AsyncGenerator<LogFrame>> {
    const wish = { stream: true, stdout: true, stderr: true, logs: false, abortSignal: signal };
    return logFrames(await this.#docker.getContainer(this.id).attach(wish));
  }

  /** What it has written, then what it writes, until it ends or the signal is aborted. */
  async logs({ tail, follow, signal }: LogWish): Promise<AsyncGenerator<LogFrame>> {
    // Followed even where it is not: the client reads an answer that is no stream whole into memory.
    const query = { follow, stdout: true, stderr: true, tail };
    const stream = await dial(this.#docker, `/containers/${this.id}/logs?`, query, signal);
    return logFrames(stream);
  }

  #facts({ Name, State, Config, Image, NetworkSettings }: ContainerInspectInfo): ContainerFacts {
    const endpoint = this.#endpoint(NetworkSettings);
    this.#frozen = State.Paused;
    // Somebody else may have renamed it.
    this.#name = Name.replace(/^\//, "");
    return {
      name: this.#name,
      running: State.Running,
      paused: State.Paused,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      labels: Config.Labels,
      imageId: Image,
      environment: Config.Env,
      ...(State.Running && endpoint ? { endpoint } : {}),
    };
  }

  #endpoint({ Networks, Ports }: ContainerInspectInfo["NetworkSettings"]): Endpoint | undefined {
    const { network, containerPort, reach } = this.#options;
    if (reach === "loopback") {
      const [published] = Ports[`${containerPort}/tcp`] ?? [];
      return published ? { host: "127.0.0.1", port: Number(published.HostPort) } : undefined;
    }
    const host = Networks[network]?.IPAddress;
    return host ? { host, port: containerPort } : undefined;
  }
}

/** A request whose answer is read as it comes; dockerode itself streams logs only when they are followed. */
function dial(docker: Docker, path: string, query: object, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<Buffer>>();
  const statusCodes = { 200: true, 404: "no such container", 500: "server error" };
  const request = { path, method: "GET", isStream: true, statusCodes, options: { ...query }, abortSignal: signal };
  docker.modem.dial(request, (error: Error | null, stream: unknown) => {
    if (error) reject(error);
    else resolve(stream as AsyncIterable<Buffer>);
  });
  return promise;
}
