import { howItEnded } from "../containers/readiness.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import { agentBusy, agentNotFound, agentNotRunning, type OkenError } from "../oken-error.ts";
import type { AgentParts } from "./agent-parts.ts";
import type { AgentRecord } from "./agent-record.ts";
import { AgentState } from "./agent-state.ts";
import { Crashes } from "./crashes.ts";
import { Duty } from "./duty.ts";
import type { AgentStatus } from "./life.ts";
import type { AgentCall } from "./serving.ts";
import { takeOver } from "./take-over.ts";
import type { Version } from "./version.ts";
import { Versions } from "./versions.ts";
import { WakeUp } from "./wake-up.ts";

/** One agent: the container of its newest good version, and the calls to it. */
export class Agent {
  readonly agentId: string;
  readonly #state: AgentState;
  readonly #duty: Duty;
  readonly #crashes: Crashes;
  readonly #wakeUp: WakeUp;
  readonly #versions: Versions;

  constructor(parts: AgentParts, record: AgentRecord) {
    const state = new AgentState(parts, record);
    this.agentId = record.agentId;
    this.#state = state;
    this.#duty = new Duty(state);
    this.#crashes = new Crashes(state, this.#duty, () => this.#wakeUp.begin());
    this.#wakeUp = new WakeUp(state, this.#duty, this.#crashes);
    this.#versions = new Versions(state, this.#duty, this.#crashes);
  }

  get record(): AgentRecord {
    return this.#state.record;
  }

  get version(): Version | undefined {
    return this.#state.version;
  }

  get status(): AgentStatus {
    return this.#state.status;
  }

  /** Whether there is a version that works, or did. */
  get serves(): boolean {
    return this.#state.serves;
  }

  /** Containers that belong to this agent. */
  get containers(): readonly string[] {
    return this.#versions.all.map(({ container }) => container.id);
  }

  /** Whether it is being started, and may have a container soon that nobody knows of. */
  get isWaking(): boolean {
    return this.#wakeUp.isUnderWay;
  }

  /** A place among the agent's calls; wakes it where that is needed. Rejects with an `OkenError` or the signal's reason. */
  enter(signal: AbortSignal): Promise<AgentCall> {
    const { keeper, gate } = this.#state;
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    keeper.invoked();
    const call = gate.enter(signal);
    if (!gate.isOpen) this.#wakeUp.begin();
    return call;
  }

  /** The engine answers, for the first time or again: the agent goes on where it was. Resolves once it runs, or does not. */
  async resume(): Promise<void> {
    await this.#adopt();
    await this.#check();
    await this.#wakeUp.ended();
  }

  /** The engine tells that a container has ended. */
  exited(containerId: string): void {
    void this.#versions.formerExited(containerId);
    if (!this.#versions.mayServe(containerId)) return;
    void this.#state.inLane(async () => {
      if (!this.#runs || this.version?.container.id !== containerId) return;
      const facts = await this.version.container.inspect();
      // The news may be of an earlier stop.
      if (!facts?.running) await this.#crashes.crashed(howItEnded(facts));
    });
  }

  /** The engine tells that a container was paused: by us, or by somebody whom no call can wait for. */
  paused(containerId: string): void {
    void this.#state.inLane(async () => {
      if (this.version?.container.id !== containerId || this.#state.life !== "ready") return;
      const facts = await this.version.container.inspect();
      if (!facts?.paused) return;
      this.#state.life = "frozen";
      this.#state.tell({ act: "frozen", reason: "somebody paused its container" });
      const inFlight = this.#duty.withdraw()?.inFlight ?? 0;
      if (this.#state.gate.waiting > 0 || inFlight > 0) this.#wakeUp.begin();
    });
  }

  /** Puts a ready container in the place of the old one, which ends when its calls have ended. */
  swapIn(version: Version, pool: AgentPool, record: Pick<AgentRecord, "name" | "createdAt">): Promise<void> {
    return this.#versions.swapIn(version, pool, record);
  }

  /** The first deployment failed; `version` has the container of the failed start, for its log. */
  deployFailed(error: string, version?: Version): Promise<void> {
    return this.#versions.keepFailed(error, version);
  }

  /** A new deployment of an agent that never worked. */
  deployAgain(createdAt: string, name: string): Promise<void> {
    return this.#versions.forgetFailed(createdAt, name);
  }

  /** A place among those that run, for a version that is to be started. Rejects with `AGENT_BUSY` when the signal is aborted. */
  takePlace(signal: AbortSignal): Promise<void> {
    return this.#duty.takePlace(signal);
  }

  /** Gives back the place that was taken for a version which came to nothing. */
  giveBackPlace(): void {
    if (this.status !== "running") this.#duty.giveBackPlace();
  }

  /** Writes down when the agent was last called, which no call waits for. */
  async saveTouched(): Promise<void> {
    await this.#state.keeper.saveTouched();
  }

  /** Ends the agent for good, calls and all; its containers are removed. */
  async end(): Promise<void> {
    this.#finish(agentNotFound(this.agentId));
    await this.#versions.remove();
    this.#state.tell({ act: "removed" });
    await this.#state.keeper.written();
  }

  /** The runner ends: the container is stopped, or left to the next runner; nothing is forgotten. */
  async rest(keepRunning: boolean): Promise<void> {
    this.#finish(agentBusy(this.agentId, "the runner is shutting down"));
    await this.#versions.handOver(keepRunning);
  }

  /** Takes over the container that the registry names, and goes on where the predecessor stopped. */
  async #adopt(): Promise<void> {
    await this.#state.lane.run(async () => {
      const warm = await takeOver(this.#state, this.#duty);
      if (this.#state.life !== "unknown") return;
      const ran = this.record.life === "running";
      // Nobody has called it yet: for its sake none that runs is stopped. A running one is asked whether it is ready.
      if (warm || (ran && this.#duty.takeFreePlace())) return this.#wakeUp.begin();
      this.#state.life = "stopped";
      if (ran) this.#state.tell({ act: "stopped", reason: "as many agents run as may" });
    });
  }

  /** What ran before the engine was lost may run no more. */
  async #check(): Promise<void> {
    if (this.#wakeUp.interrupted) return this.#wakeUp.begin();
    if (!this.#runs) return;
    await this.#state.lane.run(async () => {
      const facts = await this.version?.container.inspect();
      if (facts?.running) return;
      const words = `agent ${this.agentId} ended with the Docker engine; it is started again`;
      this.#state.parts.log.warn({ agent: this.agentId }, words);
      this.#duty.cease("stopped");
      this.#wakeUp.begin();
    });
  }

  get #runs(): boolean {
    return this.#state.life === "ready" || this.#state.life === "frozen";
  }

  #refusal(): OkenError | undefined {
    const { life, version } = this.#state;
    if (life === "deploying") return agentNotRunning(this.agentId, "building");
    if (life === "failed") return agentNotRunning(this.agentId, version ? "error" : "error, it has no container");
    const wait = this.#crashes.tooLongMs;
    if (wait === undefined) return undefined;
    return agentBusy(this.agentId, `${this.record.error}; it is not started again yet`, Math.ceil(wait / 1_000));
  }

  #finish(reason: OkenError): void {
    this.#state.over.abort(reason);
    this.#crashes.cancel();
    this.#duty.stopClock();
    this.#state.gate.fail(reason);
  }
}
