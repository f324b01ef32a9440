import type { Logger, Secrets as Masking, Resources, RunnerSecrets } from "leasehold";
import type { Pool } from "undici";
import type { Endpoint } from "../containers/agent-container.ts";
import type { Secrets } from "../containers/container-environment.ts";
import { AGENT_LABEL, INSTANCE_LABEL } from "../containers/labels.ts";
import { logLines } from "../containers/log-lines.ts";
import { Engine, type EngineStatus } from "../engine/engine.ts";
import { hasStatus, reasonOf } from "../engine/engine-error.ts";
import type { ContainerEvent } from "../engine/engine-events.ts";
import { agentNotFound, agentNotRunning, OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import { Agent, type AgentStatus } from "./agent.ts";
import type { AgentEvent } from "./agent-events.ts";
import { AgentFiles } from "./agent-files.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { AgentSettings } from "./agent-settings.ts";
import { Claims, CONTAINER_KIND } from "./claims.ts";
import { ContainerMaker } from "./container-maker.ts";
import { type Deployed, Deployer } from "./deployer.ts";
import type { Images } from "./images.ts";
import { Lane } from "./lane.ts";
import { Places } from "./places.ts";
import type { AgentCall } from "./serving.ts";

export interface AgentsParts {
  readonly options: OkenOptions;
  readonly log: Logger;
  /** Where containers are announced to the core. */
  readonly resources: Resources;
  /** Makes what builds images, once the engine's client is there. */
  readonly secrets: Pick<RunnerSecrets, "ofAgent">;
  /** Makes what builds images, once the engine's client is there; `instance` tells this runner's images from others'. */
  images(engine: Engine, instance: string): Images;
  tell(event: AgentEvent): void;
}

/** An agent as `GET /agents` shows it (spec §1.5). */
export interface AgentSummary {
  readonly agentId: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly createdAt: Date;
  readonly lastInvoked: Date | undefined;
  readonly error: string | undefined;
}

export interface DeployRequest {
  readonly secrets: Secrets;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export interface LogRequest {
  readonly tail: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Waits for a deployment, a start or a stop of one id before the next. */
interface Line {
  readonly lane: Lane;
  readonly over: AbortController;
}

/** Everything deployed on this runner. Outlives the runner in its data directory and in Docker. */
export class Agents {
  readonly #parts: AgentsParts;
  readonly #files: AgentFiles;
  readonly #engine: Engine;
  readonly #instance: string;
  readonly #connect: (endpoint: Endpoint, settings: AgentSettings) => Pool;
  readonly #maker: ContainerMaker;
  readonly #places: Places;
  readonly #images: Images;
  readonly #deployer: Deployer;
  readonly #agents = new Map<string, Agent>();
  readonly #lines = new Map<string, Line>();
  readonly #tidying: NodeJS.Timeout;
  #order = 0;
  #closed = false;

  private constructor(
    parts: AgentsParts,
    files: AgentFiles,
    engine: Engine,
    instance: string,
    connect: (endpoint: Endpoint, settings: AgentSettings) => Pool,
  ) {
    const { options, log, resources, secrets } = parts;
    const { docker } = engine;
    this.#parts = parts;
    this.#files = files;
    this.#engine = engine;
    this.#instance = instance;
    this.#connect = connect;
    const claims = new Claims({ owner: resources, instance, docker, registered: (id) => this.#isRegistered(id) });
    resources.handle(CONTAINER_KIND, claims.handler);
    this.#maker = new ContainerMaker({ docker, instance, options, claims, log, secrets });
    this.#places = new Places(options.maxRunning);
    this.#images = parts.images(engine, instance);
    this.#deployer = new Deployer({
      ...{ images: this.#images, maker: this.#maker, places: this.#places, files, options, log, connect },
      mask: (agentId, text) => this.#mask(agentId, text),
      guard: (agentId, given) => guarded(secrets.ofAgent(agentId), given),
      register: (agentId, name, createdAt) => this.#register(agentId, name, createdAt),
    });
    this.#tidying = setInterval(() => void this.#saveTouched(), options.cleanupIntervalSeconds * 1_000).unref();
  }

  /**
   * Reads the registry, connects to the engine and takes over what runs. An engine that does not answer is no fault:
   * it is waited for. Throws when the data directory cannot be used.
   */
  static async open(parts: AgentsParts): Promise<Agents> {
    const { options, log } = parts;
    const files = new AgentFiles(options.dataDir, log);
    await files.open();
    const instance = options.instance ?? (await files.instance());
    const engine = await Engine.open(options, instance, log);
    // On first use: it is large, and most runners have no agents in containers.
    const { Pool } = await import("./pool.ts");
    const connect = ({ host, port }: Endpoint, { concurrency, invokeSeconds }: AgentSettings) =>
      new Pool(`http://${host}:${port}`, {
        connections: concurrency,
        headersTimeout: invokeSeconds * 1_000,
        bodyTimeout: invokeSeconds * 1_000,
      });
    const agents = new Agents(parts, files, engine, instance, connect);
    await agents.#load();
    engine.listen({ event: (event) => agents.#heard(event), back: () => agents.#back() });
    await engine.start();
    return agents;
  }

  /** Whether the engine answers, and why not. */
  get engineStatus(): EngineStatus {
    return this.#engine.status;
  }

  list(): readonly AgentSummary[] {
    return [...this.#agents.values()].map(({ agentId, status, record }) => ({
      ...{ agentId, status, name: record.name, error: record.error },
      createdAt: new Date(record.createdAt),
      lastInvoked: record.lastInvoked === undefined ? undefined : new Date(record.lastInvoked),
    }));
  }

  runningCount(): number {
    return [...this.#agents.values()].filter(({ status }) => status === "running").length;
  }

  /**
   * Builds, starts and swaps in what a folder holds; the folder passes to the agents. Deployments of one id wait for
   * each other. Throws an `OkenError`; an agent that did not become ready is no error, but an answer.
   */
  async deploy(agentId: string, folder: string, request: DeployRequest): Promise<Deployed> {
    const line = this.#lineOf(agentId);
    const { secrets, onLine, signal } = request;
    return await this.#inLine(agentId, line, () => {
      const over = signal ? AbortSignal.any([signal, line.over.signal]) : line.over.signal;
      over.throwIfAborted();
      return this.#deployer.deploy({ agentId, folder, secrets, signal: over, onLine });
    });
  }

  /**
   * The right to call an agent once; waits until it is awake and has a place. Rejects with an `OkenError`
   * (`AGENT_NOT_FOUND`, `AGENT_NOT_RUNNING`, `AGENT_BUSY`, `CONTAINER_ERROR` when it cannot be woken) or the signal's reason.
   */
  enter(agentId: string, signal: AbortSignal): Promise<AgentCall> {
    return this.#agents.get(agentId)?.enter(signal) ?? Promise.reject(agentNotFound(agentId));
  }

  /** Ends and forgets an agent, with its calls, its deployment under way, its container, image and code (spec §1.4). */
  async stop(agentId: string): Promise<void> {
    const agent = this.#get(agentId);
    const line = this.#lineOf(agentId);
    this.#agents.delete(agentId);
    this.#lines.delete(agentId);
    line.over.abort(new OkenError("CONTAINER_ERROR", `Agent ${agentId} was stopped while it was being deployed`));
    const next = this.#lineOf(agentId);
    const ending = agent.end();
    ending.catch(() => undefined);
    // Whoever deploys the id anew waits until nothing of it is left.
    await this.#inLine(agentId, next, async () => {
      await line.lane.run(async () => undefined);
      await this.#files.forget(agentId);
      await ending.catch((thrown) => {
        throw new OkenError(
          "CONTAINER_ERROR",
          `Agent ${agentId} is forgotten, but its container could not be removed: ${reasonOf(thrown)}`,
          { cause: thrown },
        );
      });
      await this.#images.remove(agentId);
    });
  }

  /** One line after another, without line ends. Throws an `OkenError`; trouble on the way is thrown by the iterator. */
  async logs(agentId: string, { tail, follow, signal }: LogRequest): Promise<AsyncIterable<Buffer>> {
    const { version } = this.#get(agentId);
    if (!version) throw agentNotRunning(agentId, "no container");
    try {
      const frames = await version.container.logs({ tail, follow, signal });
      const lines = logLines(frames, () => this.#parts.secrets.ofAgent(agentId).stream());
      return mapped(lines, (line) => Buffer.from(this.#mask(agentId, line.toString("utf8"))));
    } catch (thrown) {
      if (hasStatus(thrown, 404)) throw agentNotRunning(agentId, "container not found");
      throw new OkenError("CONTAINER_ERROR", `Logs of agent ${agentId} cannot be read: ${reasonOf(thrown)}`, {
        cause: thrown,
      });
    }
  }

  /** Output of the newest image build, whole; empty where there was none. */
  async buildLog(agentId: string): Promise<string> {
    this.#get(agentId);
    return (await this.#files.buildLog(agentId)) ?? "";
  }

  /** Ends deployments and calls; stops the agents, or leaves them running where the options say so. Forgets nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#tidying);
    const lines = [...this.#lines.values()];
    for (const { over } of lines) over.abort(new OkenError("CONTAINER_ERROR", "The runner is shutting down"));
    await Promise.all(lines.map(({ lane }) => lane.run(async () => undefined)));
    const { keepRunning } = this.#parts.options;
    const rests = await Promise.allSettled([...this.#agents.values()].map((agent) => agent.rest(keepRunning)));
    await this.#engine.close();
    const [failure] = rests.filter(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
  }

  #get(agentId: string): Agent {
    const agent = this.#agents.get(agentId);
    if (!agent) throw agentNotFound(agentId);
    return agent;
  }

  async #load(): Promise<void> {
    for (const record of await this.#files.load()) {
      this.#order = Math.max(this.#order, record.order + 1);
      this.#agents.set(record.agentId, this.#agentOf(afterRestart(record)));
    }
  }

  async #register(agentId: string, name: string, createdAt: string): Promise<Agent> {
    const known = this.#agents.get(agentId);
    if (known) return known;
    const { maxAgents } = this.#parts.options;
    if (this.#agents.size >= maxAgents)
      throw new OkenError(
        "REFUSED",
        `This runner holds ${maxAgents} agents, which is the most it may; stop one of them first`,
      );
    const record: AgentRecord = { format: 1, agentId, order: this.#order++, name, createdAt, life: "deploying" };
    const agent = this.#agentOf(record);
    this.#agents.set(agentId, agent);
    await this.#files.save(record);
    return agent;
  }

  #agentOf(record: AgentRecord): Agent {
    const { options, log, tell } = this.#parts;
    const shared = { engine: this.#engine, maker: this.#maker, places: this.#places, connect: this.#connect };
    const save = async (saved: AgentRecord) => {
      // A forgotten agent must not come back by a late note.
      if (this.#agents.get(saved.agentId) === agent) await this.#files.save(saved);
    };
    const mask = (agentId: string, text: string) => this.#mask(agentId, text);
    const used = (imageId: string) => this.#images.used(imageId);
    const agent = new Agent({ ...shared, options, log, tell, save, mask, used }, record);
    return agent;
  }

  /** The engine answers, for the first time or again. */
  async #back(): Promise<void> {
    const agents = [...this.#agents.values()];
    await this.#removeStrays();
    for (const agent of agents)
      void agent
        .adopt()
        .then(() => agent.check())
        .catch((thrown) => this.#parts.log.error({ err: thrown }, `agent ${agent.agentId}: ${reasonOf(thrown)}`));
  }

  /** Removes containers of this runner that belong to no agent: of a deployment that its process did not survive. */
  async #removeStrays(): Promise<void> {
    const { docker } = this.#engine;
    const label = [`${INSTANCE_LABEL}=${this.#instance}`, AGENT_LABEL];
    const found = await docker.listContainers({ all: true, filters: { label } });
    const strays = found.filter(({ Id, Labels }) => !this.#isRegistered(Id) && !this.#isDeploying(Labels[AGENT_LABEL]));
    for (const { Id, Names } of strays) {
      this.#parts.log.warn({ container: Names }, `removes container ${Names}, which no agent of this runner has`);
      await docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch((thrown) => {
          this.#parts.log.error({ err: thrown }, `container ${Names} could not be removed: ${reasonOf(thrown)}`);
        });
    }
  }

  #isRegistered(containerId: string): boolean {
    return [...this.#agents.values()].some(
      ({ containers, record }) => containers.includes(containerId) || record.version?.containerId === containerId,
    );
  }

  #isDeploying(agentId: string | undefined): boolean {
    return agentId !== undefined && this.#lines.has(agentId);
  }

  #heard({ action, containerId }: ContainerEvent): void {
    if (action !== "die") return;
    for (const agent of this.#agents.values()) agent.exited(containerId);
  }

  #mask(agentId: string, text: string): string {
    return this.#parts.secrets.ofAgent(agentId).text(text);
  }

  async #saveTouched(): Promise<void> {
    for (const agent of this.#agents.values()) await agent.saveTouched();
  }

  #lineOf(agentId: string): Line {
    const line = this.#lines.get(agentId) ?? { lane: new Lane(), over: new AbortController() };
    this.#lines.set(agentId, line);
    return line;
  }

  async #inLine<T>(agentId: string, line: Line, work: () => Promise<T>): Promise<T> {
    try {
      return await line.lane.run(work);
    } finally {
      if (line.lane.empty && this.#lines.get(agentId) === line) this.#lines.delete(agentId);
    }
  }
}

function guarded(masking: Pick<Masking, "register">, given: Secrets): () => void {
  const undo = Object.entries(given).map(([name, value]) => masking.register(value, name));
  return () => {
    for (const forget of undo) forget();
  };
}

/** Nobody waits any more for a deployment that was under way. */
function afterRestart(record: AgentRecord): AgentRecord {
  if (record.life !== "deploying") return record;
  return { ...record, life: "failed", error: "the runner ended while the agent was being deployed; deploy it again" };
}

async function* mapped<T>(items: AsyncIterable<T>, change: (item: T) => T): AsyncGenerator<T> {
  for await (const item of items) yield change(item);
}
