import type Docker from "dockerode";
import type { Logger, RunnerSecrets } from "leasehold";
import { containerNameOf } from "../agent-id.ts";
import { AgentContainer } from "../containers/agent-container.ts";
import type { Confinement } from "../containers/container-settings.ts";
import { AGENT_LABEL, INSTANCE_LABEL } from "../containers/labels.ts";
import { hasStatus } from "../engine/engine-error.ts";
import { ensureNetwork, type NetworkWish } from "../engine/engine-network.ts";
import type { VersionRecord } from "./agent-record.ts";
import type { Claims } from "./claims.ts";
import type { Version, VersionPlan } from "./version.ts";

export interface ContainerMakerParts {
  readonly docker: Docker;
  readonly instance: string;
  readonly options: Confinement & NetworkWish;
  readonly claims: Claims;
  readonly log: Logger;
  /** Where secrets of agents are registered, to be masked wherever text leaves the runner. */
  readonly secrets: Pick<RunnerSecrets, "ofAgent">;
}

/** A dot keeps these names apart from those of all agents. */
const nextName = ({ agentId, number }: VersionPlan) => `${containerNameOf(agentId)}.v${number}`;

/** Makes the containers of agents, each announced to the core before, and gives them their names (spec §3.7). */
export class ContainerMaker {
  readonly #parts: ContainerMakerParts;

  constructor(parts: ContainerMakerParts) {
    this.#parts = parts;
  }

  /** Makes a container and starts nothing. It has the agent's own name once `settle` gave it. */
  async make(plan: VersionPlan): Promise<Version> {
    const name = nextName(plan);
    const unmask = this.#mask(plan);
    const claim = await this.#parts.claims.claim(plan.agentId, name);
    try {
      await this.#removeOurs(name);
      // Nobody but an operator removes it; then no container could start.
      await ensureNetwork(this.#parts.docker, this.#parts.options, this.#parts.log);
      const { settings, environment = [], number: version, agentId, imageId } = plan;
      const { instance, docker, options } = this.#parts;
      const made = { ...settings, name, agentId, instance, version, imageId, environment };
      const container = await AgentContainer.create(docker, made, options);
      await claim.update({ container: container.id });
      return { plan, claim, container, unmask };
    } catch (thrown) {
      unmask();
      await claim.release();
      throw thrown;
    }
  }

  /** Takes over a container that a predecessor of this process made; its environment still has the secrets. */
  async takeOver(agentId: string, record: VersionRecord) {
    const { docker, options, claims } = this.#parts;
    const { containerId, containerName, ...rest } = record;
    const container = new AgentContainer(docker, containerId, containerName, options);
    const facts = await container.inspect();
    const claim = await claims.claim(agentId, containerId);
    const plan = { ...rest, agentId, environment: facts?.environment };
    const version: Version = { plan, claim, container, unmask: this.#mask(plan) };
    if (facts) await this.#resettle(version);
    return { version, facts };
  }

  /** Gives a container the name of its agent, unless somebody else's container has it. */
  async settle({ plan, container }: Version): Promise<void> {
    const name = containerNameOf(plan.agentId);
    try {
      await this.#removeOurs(name, container.id);
      await container.rename(name);
    } catch (thrown) {
      if (!hasStatus(thrown, 409)) throw thrown;
      this.#parts.log.warn(
        { agent: plan.agentId, container: container.name },
        `a container called ${name} belongs to someone else; agent ${plan.agentId} runs as ${container.name}`,
      );
    }
  }

  /** The predecessor may have been killed between the names of an old container and a new one. */
  async #resettle(version: Version): Promise<void> {
    const { plan, container } = version;
    if (container.name === containerNameOf(plan.agentId)) return;
    await this.settle(version).catch((thrown) =>
      this.#parts.log.warn({ err: thrown, agent: plan.agentId }, `container ${container.name} keeps its name`),
    );
  }

  async remove({ container, claim, unmask }: Version): Promise<void> {
    await container.remove();
    await claim.release();
    unmask();
  }

  #mask({ agentId, environment = [], secretNames }: VersionPlan): () => void {
    const secrets = this.#parts.secrets.ofAgent(agentId);
    const values = environment.map((entry) => [
      entry.slice(0, entry.indexOf("=")),
      entry.slice(entry.indexOf("=") + 1),
    ]);
    const undo = values.flatMap(([name = "", value = ""]) =>
      secretNames.includes(name) ? [secrets.register(value, name)] : [],
    );
    return () => {
      for (const unregister of undo.splice(0)) unregister();
    };
  }

  /** Removes what has the name, if this runner made it (T47, OKEN-D21). */
  async #removeOurs(name: string, but?: string): Promise<void> {
    const { docker, instance } = this.#parts;
    try {
      const { Id, Config } = await docker.getContainer(name).inspect();
      const ours = Config.Labels[INSTANCE_LABEL] === instance && Config.Labels[AGENT_LABEL] !== undefined;
      if (ours && Id !== but) await docker.getContainer(Id).remove({ force: true, v: true });
    } catch (thrown) {
      // 409: its removal is under way.
      if (!hasStatus(thrown, 404, 409)) throw thrown;
    }
  }
}
