import { runnerId } from "./identity.ts";
import { notFound, notRegistered, Refusal } from "./refusal.ts";

/** An agent that a runner brought along; it lives and goes with its runner (protocol §1.4). */
export type RunnerAgent = {
  name: string;
  description: string | null;
  command: string;
  parameters_schema: Record<string, unknown> | null;
};

/** What a runner says of itself (protocol §2.3, register). */
export type Registration = {
  hostname: string;
  project_dir: string;
  executor_profile: string;
  executor?: Record<string, unknown> | null | undefined;
  tags?: string[] | null | undefined;
  require_matching_tags: boolean;
  agents: RunnerAgent[];
};

/** A registered runner with the work that waits for its next poll. Times are milliseconds since the epoch. */
export type Runner = {
  readonly runner_id: string;
  readonly hostname: string;
  readonly project_dir: string;
  readonly executor_profile: string;
  executor: Record<string, unknown>;
  tags: string[];
  require_matching_tags: boolean;
  status: "online" | "stale";
  readonly registeredAt: number;
  heartbeatAt: number;
  deregistering: boolean;
  readonly stops: Set<string>;
  /** Script names to fetch and to remove; undefined for runners that are not procedural. */
  scripts: { sync: Set<string>; remove: Set<string> } | undefined;
  agents: Map<string, RunnerAgent>;
  /** Host names of the runners whose place it took: runs that demand one of them are its own. */
  standsFor: readonly string[];
  /** Another runner has taken its place: it ends what it has and gets nothing new. */
  replaced: boolean;
};

/** The runners known to this process. Nothing of it is stored: a restart forgets every runner (§1.1). */
export class Registry {
  readonly #runners = new Map<string, Runner>();
  /** Runners whose place is promised, by the host name of the runner to come. */
  readonly #promised = new Map<string, Runner>();

  /**
   * Registers a runner, or reconnects a stale one, and queues every script for it if it is procedural.
   * Refuses with 409 an identity that is online, and agents whose names another runner's agents have.
   */
  register(registration: Registration, now: number, scripts: readonly string[]): Runner {
    const known = this.#runners.get(runnerId(registration));
    if (known?.status === "online") throw duplicateRunner(known);
    const runner = known ? reconnected(known, registration, now) : newRunner(registration, now);
    runner.scripts =
      runner.executor["type"] === "procedural" ? { sync: new Set(scripts), remove: new Set() } : undefined;
    this.#runners.set(runner.runner_id, runner);
    const predecessor = this.#promised.get(runner.hostname);
    if (registration.agents.length > 0) this.#replaceAgents(runner, registration.agents, predecessor);
    if (predecessor) this.#replace(predecessor, runner);
    return runner;
  }

  /**
   * Lets the runner that registers under this host name take the place of one that is there: its agents, and the runs
   * that wait for it. Until then nothing changes; the function returned takes the promise back.
   */
  promisePlace(runnerId: string, hostname: string): () => void {
    const runner = this.#runners.get(runnerId);
    if (runner) this.#promised.set(hostname, runner);
    return () => void this.#promised.delete(hostname);
  }

  find(id: string): Runner | undefined {
    return this.#runners.get(id);
  }

  /** The runner with this id; refuses with 401 when there is none. */
  require(id: string): Runner {
    const runner = this.#runners.get(id);
    if (!runner) throw notRegistered();
    return runner;
  }

  /** The runner with this id; refuses with 404 when there is none. */
  requireToRemove(id: string): Runner {
    const runner = this.#runners.get(id);
    if (!runner) throw notFound("Runner not found");
    return runner;
  }

  /** Forgets the runner with its agents and everything queued for it. */
  remove(id: string): void {
    this.#runners.delete(id);
  }

  all(): Runner[] {
    return [...this.#runners.values()];
  }

  /** The runner-owned agent of this name, with its owner. */
  agent(name: string): { agent: RunnerAgent; owner: Runner } | undefined {
    for (const owner of this.#runners.values()) {
      const agent = owner.agents.get(name);
      if (agent) return { agent, owner };
    }
    return undefined;
  }

  /** Tells every procedural runner to fetch or to remove a script; the later word on a name counts. */
  announceScript(name: string, change: "sync" | "remove"): void {
    for (const { scripts } of this.#runners.values()) {
      scripts?.[change === "sync" ? "remove" : "sync"].delete(name);
      scripts?.[change].add(name);
    }
  }

  #replace(predecessor: Runner, successor: Runner): void {
    predecessor.replaced = true;
    predecessor.agents = new Map();
    successor.standsFor = [...predecessor.standsFor, predecessor.hostname];
    this.#promised.delete(successor.hostname);
  }

  #replaceAgents(runner: Runner, agents: readonly RunnerAgent[], predecessor: Runner | undefined): void {
    for (const { name } of agents) {
      const others = this.all().filter((other) => other !== runner && other !== predecessor);
      const holder = others.find((other) => other.agents.has(name));
      if (!holder) continue;
      // The reference undoes the whole registration, also when it was a reconnection.
      this.remove(runner.runner_id);
      throw agentCollision(name, holder);
    }
    runner.agents = new Map(agents.map((agent) => [agent.name, agent]));
  }
}

function newRunner(registration: Registration, now: number): Runner {
  return {
    runner_id: runnerId(registration),
    hostname: registration.hostname,
    project_dir: registration.project_dir,
    executor_profile: registration.executor_profile,
    executor: registration.executor ?? {},
    tags: registration.tags ?? [],
    require_matching_tags: registration.require_matching_tags,
    status: "online",
    registeredAt: now,
    heartbeatAt: now,
    deregistering: false,
    stops: new Set(),
    scripts: undefined,
    agents: new Map(),
    standsFor: [],
    replaced: false,
  };
}

function reconnected(runner: Runner, registration: Registration, now: number): Runner {
  runner.status = "online";
  runner.heartbeatAt = now;
  runner.deregistering = false;
  runner.executor = registration.executor ?? runner.executor;
  runner.tags = registration.tags ?? runner.tags;
  runner.require_matching_tags = registration.require_matching_tags;
  return runner;
}

function duplicateRunner({ runner_id, hostname, project_dir, executor_profile }: Runner): Refusal {
  const message = `Runner with identity (${hostname}, ${project_dir}, ${executor_profile}) is already registered and online as ${runner_id}`;
  return new Refusal(409, { error: "duplicate_runner", message, runner_id, hostname, project_dir, executor_profile });
}

function agentCollision(agent_name: string, { runner_id }: Runner): Refusal {
  return new Refusal(409, {
    error: "agent_name_collision",
    message: `Agent '${agent_name}' is already registered by runner '${runner_id}'`,
    agent_name,
    existing_runner_id: runner_id,
  });
}
