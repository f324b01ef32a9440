import { reasonOf } from "../engine/engine-error.ts";
import { agentNotFound, OkenError } from "../oken-error.ts";
import { Agent } from "./agent.ts";
import type { AgentFiles } from "./agent-files.ts";
import type { AgentParts } from "./agent-parts.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { AgentStatus } from "./life.ts";

/** An agent as `GET /agents` shows it (spec §1.5). */
export interface AgentSummary {
  readonly agentId: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly createdAt: Date;
  readonly lastInvoked: Date | undefined;
  readonly error: string | undefined;
}

export interface RegistryParts {
  readonly files: AgentFiles;
  readonly maxAgents: number;
  readonly agents: Omit<AgentParts, "save">;
}

/** All agents of a runner, in order of first registration; each outlives the runner in a file. */
export class Registry {
  readonly #parts: RegistryParts;
  readonly #agents = new Map<string, Agent>();
  #order = 0;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  get all(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  find(agentId: string): Agent | undefined {
    return this.#agents.get(agentId);
  }

  /** Throws an `OkenError` of code `AGENT_NOT_FOUND`. */
  get(agentId: string): Agent {
    const agent = this.#agents.get(agentId);
    if (!agent) throw agentNotFound(agentId);
    return agent;
  }

  /** Whether a container belongs to one of them. */
  hasContainer(containerId: string): boolean {
    return this.all.some(
      ({ containers, record }) => containers.includes(containerId) || record.version?.containerId === containerId,
    );
  }

  summaries(): readonly AgentSummary[] {
    return this.all.map(({ agentId, status, record }) => ({
      ...{ agentId, status, name: record.name, error: record.error },
      createdAt: new Date(record.createdAt),
      lastInvoked: record.lastInvoked === undefined ? undefined : new Date(record.lastInvoked),
    }));
  }

  /** Reads what a predecessor left. */
  async load(): Promise<void> {
    for (const record of await this.#parts.files.load()) {
      this.#order = Math.max(this.#order, record.order + 1);
      this.#agents.set(record.agentId, this.#agentOf(afterRestart(record)));
    }
  }

  /** The agent of that id, made where there is none yet. Throws an `OkenError` when there may be no more. */
  async register(agentId: string, name: string, createdAt: string): Promise<Agent> {
    const known = this.#agents.get(agentId);
    if (known) return known;
    const { maxAgents, files } = this.#parts;
    if (this.#agents.size >= maxAgents)
      throw new OkenError(
        "REFUSED",
        `This runner holds ${maxAgents} agents, which is the most it may; stop one of them first`,
      );
    const record: AgentRecord = { format: 1, agentId, order: this.#order++, name, createdAt, life: "deploying" };
    const agent = this.#agentOf(record);
    this.#agents.set(agentId, agent);
    try {
      await files.save(record);
    } catch (thrown) {
      if (this.#agents.get(agentId) === agent) this.#agents.delete(agentId);
      const message = `Agent ${agentId} cannot be registered, the data directory cannot be written: ${reasonOf(thrown)}`;
      throw new OkenError("CONTAINER_ERROR", message, { cause: thrown });
    }
    return agent;
  }

  /** Its file stays until `AgentFiles.forget`. */
  remove(agentId: string): void {
    this.#agents.delete(agentId);
  }

  #agentOf(record: AgentRecord): Agent {
    const { agents, files } = this.#parts;
    const save = async (saved: AgentRecord) => {
      // A forgotten agent must not come back by a late note.
      if (this.#agents.get(saved.agentId) === agent) await files.save(saved);
    };
    const agent = new Agent({ ...agents, save }, record);
    return agent;
  }
}

/** Nobody waits any more for a deployment that was under way. */
function afterRestart(record: AgentRecord): AgentRecord {
  if (record.life !== "deploying") return record;
  return { ...record, life: "failed", error: "the runner ended while the agent was being deployed; deploy it again" };
}
