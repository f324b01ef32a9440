import type { Logger, Resources, RunnerSecrets } from "leasehold";
import type { DeployOptions, LogRequest } from "../agents-door.ts";
import type { Secrets } from "../containers/container-environment.ts";
import { Engine, type EngineStatus } from "../engine/engine.ts";
import { reasonOf } from "../engine/engine-error.ts";
import type { ContainerEvent } from "../engine/engine-events.ts";
import { Limiter } from "../limiter.ts";
import { agentNotFound, configError, OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import type { AgentEvent } from "./agent-events.ts";
import { AgentFiles } from "./agent-files.ts";
import { logsOf } from "./agent-logs.ts";
import { Claims, CONTAINER_KIND } from "./claims.ts";
import { type Connect, connections } from "./connections.ts";
import { ContainerMaker } from "./container-maker.ts";
import { type Deployed, Deployer } from "./deployer.ts";
import type { Images } from "./images.ts";
import { Lines } from "./lines.ts";
import { Places } from "./places.ts";
import { type AgentSummary, Registry } from "./registry.ts";
import type { AgentCall } from "./serving.ts";
import { removeStrays } from "./strays.ts";

export interface AgentsParts {
  readonly options: OkenOptions;
  readonly log: Logger;
  /** Where containers are announced to the core. */
  readonly resources: Resources;
  /** Where secrets of agents are registered. */
  readonly secrets: Pick<RunnerSecrets, "ofAgent">;
  /** Makes what builds images, once the engine's client is there; `instance` tells this runner's images from others'. */
  images(engine: Engine, instance: string): Images;
  tell(event: AgentEvent): void;
}

/** After a restart, of the runner or the engine: all at once would make each other late. */
const RESUMED_AT_ONCE = 4;

/** What is there before any agent is. */
interface Ground {
  readonly files: AgentFiles;
  readonly engine: Engine;
  readonly instance: string;
  readonly connect: Connect;
}

/** Everything deployed on this runner. Outlives the runner in its data directory and in Docker. */
export class Agents {
  readonly #parts: AgentsParts;
  readonly #ground: Ground;
  readonly #registry: Registry;
  readonly #lines = new Lines();
  readonly #images: Images;
  readonly #deployer: Deployer;
  /** A call to one that waits does not wait in this line. */
  readonly #resumptions = new Limiter(RESUMED_AT_ONCE);
  readonly #over = new AbortController();
  readonly #tidying: NodeJS.Timeout;

  private constructor(parts: AgentsParts, ground: Ground) {
    const { options, log, resources, secrets, tell } = parts;
    const { files, engine, instance, connect } = ground;
    const { docker } = engine;
    const registered = (containerId: string) => this.#registry.hasContainer(containerId);
    const claims = new Claims({ owner: resources, instance, docker, registered });
    const maker = new ContainerMaker({ docker, instance, options, claims, log, secrets });
    const images = parts.images(engine, instance);
    const mask = (agentId: string, text: string) => secrets.ofAgent(agentId).text(text);
    const used = (imageId: string) => images.used(imageId);
    const places = new Places(options.maxRunning);
    const agents = { engine, maker, places, options, log, connect, used, mask, tell };
    this.#parts = parts;
    this.#ground = ground;
    this.#images = images;
    this.#registry = new Registry({ files, maxAgents: options.maxAgents, agents });
    this.#deployer = new Deployer({
      ...{ images, maker, files, options, log, connect, mask },
      guard: (agentId, given) => guarded(secrets.ofAgent(agentId), given),
      register: (agentId, name, createdAt) => this.#registry.register(agentId, name, createdAt),
    });
    resources.handle(CONTAINER_KIND, claims.handler);
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
    const agents = new Agents(parts, { files, engine, instance, connect: await connections() });
    await agents.#registry.load();
    engine.listen({ event: (event) => agents.#heard(event), back: () => agents.#back() });
    await engine.start();
    return agents;
  }

  /** Whether the engine answers, and why not. */
  get engineStatus(): EngineStatus {
    return this.#ground.engine.status;
  }

  list(): readonly AgentSummary[] {
    return this.#registry.summaries();
  }

  runningCount(): number {
    return this.#registry.all.filter(({ status }) => status === "running").length;
  }

  /**
   * Builds, starts and swaps in what a folder holds; the folder passes to the agents. Deployments of one id wait for
   * each other. Throws an `OkenError`; an agent that did not become ready is no error, but an answer.
   */
  async deploy(agentId: string, folder: string, request: DeployOptions): Promise<Deployed> {
    const line = this.#lines.of(agentId);
    const { secrets, onLine, signal } = request;
    return await this.#lines.run(agentId, line, () => {
      const over = signal ? AbortSignal.any([signal, line.over.signal]) : line.over.signal;
      return this.#deployer.deploy({ agentId, folder, secrets, signal: over, onLine });
    });
  }

  /**
   * The right to call an agent once; waits until it is awake and has a place. Rejects with an `OkenError`
   * (`AGENT_NOT_FOUND`, `AGENT_NOT_RUNNING`, `AGENT_BUSY`, `CONTAINER_ERROR` when it cannot be woken) or the signal's reason.
   */
  enter(agentId: string, signal: AbortSignal): Promise<AgentCall> {
    return this.#registry.find(agentId)?.enter(signal) ?? Promise.reject(agentNotFound(agentId));
  }

  /** Ends and forgets an agent, with its calls, its deployment under way, its container, image and code (spec §1.4). */
  async stop(agentId: string): Promise<void> {
    const agent = this.#registry.get(agentId);
    this.#registry.remove(agentId);
    const reason = new OkenError("CONTAINER_ERROR", `Agent ${agentId} was stopped while it was being deployed`);
    const [left, next] = this.#lines.cut(agentId, reason);
    const ending = agent.end();
    ending.catch(() => undefined);
    // Whoever deploys the id anew waits until nothing of it is left.
    await this.#lines.run(agentId, next, async () => {
      await left.lane.run(async () => undefined);
      await this.#ground.files.forget(agentId);
      await ending.catch((thrown) => {
        throw notRemoved(agentId, thrown);
      });
      await this.#images.remove(agentId);
    });
  }

  /** One line after another, without line ends. Throws an `OkenError`; trouble on the way is thrown by the iterator. */
  async logs(agentId: string, request: LogRequest): Promise<AsyncIterable<Buffer>> {
    return await logsOf(this.#registry.get(agentId), request, this.#parts.secrets);
  }

  /** Output of the newest image build, whole; empty where there was none. */
  async buildLog(agentId: string): Promise<string> {
    this.#registry.get(agentId);
    return (await this.#ground.files.buildLog(agentId)) ?? "";
  }

  /** Ends deployments and calls; stops the agents, or leaves them running where the options say so. Forgets nothing. */
  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error("the runner is shutting down"));
    clearInterval(this.#tidying);
    await this.#lines.close();
    const { keepRunning } = this.#parts.options;
    const rests = await Promise.allSettled(this.#registry.all.map((agent) => agent.rest(keepRunning)));
    await this.#ground.engine.close();
    const [failure] = rests.filter(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
  }

  /** The engine answers, for the first time or again. */
  async #back(): Promise<void> {
    const { log } = this.#parts;
    const { engine, instance } = this.#ground;
    const agents = this.#registry.all;
    const isAccountedFor = (containerId: string, agentId = "") =>
      this.#registry.hasContainer(containerId) ||
      this.#lines.has(agentId) ||
      this.#registry.find(agentId)?.isWaking === true;
    await removeStrays({ docker: engine.docker, log, instance, isAccountedFor });
    for (const agent of agents)
      void this.#resumptions
        .run(this.#over.signal, () => agent.resume())
        .catch((thrown) => {
          if (this.#over.signal.aborted) return;
          log.error({ err: thrown }, `agent ${agent.agentId}: ${reasonOf(thrown)}`);
        });
  }

  #heard({ action, containerId }: ContainerEvent): void {
    for (const agent of this.#registry.all) {
      if (action === "die") agent.exited(containerId);
      if (action === "pause") agent.paused(containerId);
    }
  }

  async #saveTouched(): Promise<void> {
    for (const agent of this.#registry.all) await agent.saveTouched();
  }
}

/** Masks secrets from now on, all of them or none; answers what ends that. */
function guarded(masking: Pick<ReturnType<RunnerSecrets["ofAgent"]>, "register">, given: Secrets): () => void {
  const undo: (() => void)[] = [];
  const forget = () => {
    for (const one of undo.splice(0)) one();
  };
  try {
    for (const [name, value] of Object.entries(given)) undo.push(masking.register(value, name));
  } catch (thrown) {
    forget();
    throw configError(`secrets: ${reasonOf(thrown)}`, { cause: thrown });
  }
  return forget;
}

function notRemoved(agentId: string, cause: unknown): OkenError {
  const message = `Agent ${agentId} is forgotten, but its container could not be removed: ${reasonOf(cause)}`;
  return new OkenError("CONTAINER_ERROR", message, { cause });
}
