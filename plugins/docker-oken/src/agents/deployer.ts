import { rm } from "node:fs/promises";
import type { Logger } from "leasehold";
import type { Endpoint } from "../containers/agent-container.ts";
import { containerEnvironment, type Secrets } from "../containers/container-environment.ts";
import { NotReady, startAndWait } from "../containers/readiness.ts";
import { reasonOf, wasAnswered } from "../engine/engine-error.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import { maskFault, OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import type { Agent } from "./agent.ts";
import type { AgentFiles } from "./agent-files.ts";
import { settingsOf } from "./agent-settings.ts";
import type { ContainerMaker } from "./container-maker.ts";
import type { Images, Prepared } from "./images.ts";
import { readinessOf } from "./readiness-wish.ts";
import type { Version, VersionPlan } from "./version.ts";

export interface DeployerParts {
  readonly images: Images;
  readonly maker: ContainerMaker;
  readonly files: AgentFiles;
  readonly options: OkenOptions;
  readonly log: Logger;
  connect(endpoint: Endpoint, plan: VersionPlan): AgentPool;
  /** Takes the agent's secrets out of a text. */
  mask(agentId: string, text: string): string;
  /** Masks the secrets of a deployment before it has a container; answers what ends that. */
  guard(agentId: string, secrets: Secrets): () => void;
  /** The agent of that id, made where there is none yet. Throws an `OkenError` when there may be no more. */
  register(agentId: string, name: string, createdAt: string): Promise<Agent>;
}

export interface Deployment {
  readonly agentId: string;
  /** Extracted for this deployment alone; it ends up as the agent's code, or is deleted. */
  readonly folder: string;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What a deployment comes to, unless it throws (spec §1.2). */
export interface Deployed {
  readonly status: "running" | "error";
  readonly error?: string;
  readonly buildLog?: string;
}

/** Builds, starts and swaps in. An agent that serves goes on until the new version is ready, and stays if it fails (spec §3.9). */
export class Deployer {
  readonly #parts: DeployerParts;

  constructor(parts: DeployerParts) {
    this.#parts = parts;
  }

  async deploy(deployment: Deployment): Promise<Deployed> {
    const { agentId, secrets } = deployment;
    let unguard = () => {};
    try {
      unguard = this.#parts.guard(agentId, secrets);
      return await this.#deploy(deployment);
    } catch (thrown) {
      throw maskFault(thrown, this.#maskOf(agentId));
    } finally {
      unguard();
      // Swapped in by now, or of no use.
      await rm(deployment.folder, { recursive: true, force: true });
    }
  }

  async #deploy(deployment: Deployment): Promise<Deployed> {
    // While it waited for its turn.
    if (deployment.signal.aborted) throw asOkenError(deployment.signal.reason, deployment);
    const createdAt = new Date().toISOString();
    const prepared = await this.#parts.images.read(deployment.folder);
    const { name } = prepared.config;
    const agent = await this.#parts.register(deployment.agentId, name, createdAt);
    try {
      if (!agent.serves) await agent.deployAgain(createdAt, name);
      const { imageId, log } = await this.#build(deployment, prepared);
      const deployed = await this.#start(agent, deployment, prepared, imageId, createdAt).finally(() =>
        this.#parts.images.settled(imageId),
      );
      return { ...deployed, buildLog: log };
    } catch (thrown) {
      const error = asOkenError(thrown, deployment);
      if (!agent.serves) await agent.deployFailed(this.#parts.mask(agent.agentId, error.message));
      throw error;
    } finally {
      agent.giveBackPlace();
    }
  }

  async #build(deployment: Deployment, prepared: Prepared) {
    const { agentId, onLine: tell } = deployment;
    const { images } = this.#parts;
    const mask = this.#maskOf(agentId);
    const onLine = tell && ((line: string) => tell(mask(line)));
    try {
      const { imageId, log: whole } = await images.build({ ...deployment, ...prepared, onLine });
      const log = mask(whole);
      await this.#keepLog(agentId, log);
      return { imageId, log };
    } catch (thrown) {
      if (thrown instanceof OkenError && thrown.buildLog) await this.#keepLog(agentId, mask(thrown.buildLog));
      throw thrown;
    }
  }

  /** No deployment fails for want of a place for its log. */
  async #keepLog(agentId: string, log: string): Promise<void> {
    await this.#parts.files.saveBuildLog(agentId, log).catch((thrown) => this.#report({ agentId }, thrown));
  }

  async #start(
    agent: Agent,
    deployment: Deployment,
    prepared: Prepared,
    imageId: string,
    createdAt: string,
  ): Promise<Deployed> {
    const { maker, files } = this.#parts;
    await agent.takePlace(AbortSignal.any([deployment.signal, this.#deadline()]));
    const version = await maker.make(this.#plan(agent, deployment, prepared, imageId));
    try {
      const pool = await startAndWait(version.container, readinessOf(version.plan, this.#parts, deployment.signal));
      await agent.swapIn(version, pool, { name: version.plan.settings.name, createdAt });
    } catch (thrown) {
      if (!(thrown instanceof NotReady)) {
        await maker.remove(version).catch((failure) => this.#report(agent, failure));
        throw thrown;
      }
      await this.#giveUp(agent, version, thrown.message);
      return { status: "error", error: thrown.message };
    }
    // It serves already; the code is kept for people to look at.
    await files.swapCode(agent.agentId, deployment.folder).catch((thrown) => this.#report(agent, thrown));
    return { status: "running" };
  }

  /** A container that did not become ready is kept for its log where there is nothing better (spec §3.8). */
  async #giveUp(agent: Agent, version: Version, error: string): Promise<void> {
    const { maker, log } = this.#parts;
    log.warn({ agent: agent.agentId }, `agent ${agent.agentId} did not become ready: ${error}`);
    await version.container.stop(1).catch((failure) => this.#report(agent, failure));
    if (agent.serves) return await maker.remove(version);
    await maker.settle(version).catch((failure) => this.#report(agent, failure));
    await agent.deployFailed(error, version);
  }

  #plan(agent: Agent, { secrets, agentId }: Deployment, prepared: Prepared, imageId: string): VersionPlan {
    const { environment, left } = containerEnvironment(secrets);
    if (left.length > 0)
      this.#parts.log.warn(
        { agent: agentId, secrets: left },
        `secrets of agent ${agentId} have reserved or impossible names: ${left}`,
      );
    const { config, entrypointType } = prepared;
    const settings = settingsOf(config, this.#parts.options);
    const secretNames = Object.keys(secrets).filter((name) => !left.includes(name));
    const number = (agent.version?.plan.number ?? 0) + 1;
    return { agentId, number, imageId, entrypointType, settings, environment, secretNames };
  }

  #maskOf(agentId: string): (text: string) => string {
    return (text) => this.#parts.mask(agentId, text);
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#parts.options.healthCheckTimeoutSeconds * 1_000);
  }

  #report({ agentId }: Pick<Agent, "agentId">, thrown: unknown): void {
    this.#parts.log.error(
      { err: thrown, agent: agentId },
      `could not tidy up after a deployment of agent ${agentId}: ${reasonOf(thrown)}`,
    );
  }
}

function asOkenError(thrown: unknown, { signal }: Deployment): OkenError {
  // Whatever an agent that is ended says to it: a deployment knows of no agent that is not found (spec §1.2).
  if (signal.aborted && signal.reason instanceof OkenError) return signal.reason;
  if (thrown instanceof OkenError) return thrown;
  if (thrown === signal.reason)
    return new OkenError("CONTAINER_ERROR", `The deployment was ended: ${reasonOf(thrown)}`);
  const where = wasAnswered(thrown)
    ? "Failed to start container"
    : "Failed to start container, the engine does not answer";
  return new OkenError("CONTAINER_ERROR", `${where}: ${reasonOf(thrown)}`, { cause: thrown });
}
