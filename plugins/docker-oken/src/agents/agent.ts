import type { Logger } from "leasehold";
import type { Pool } from "undici";
import type { Endpoint } from "../containers/agent-container.ts";
import { howItEnded, type ReadinessWish } from "../containers/readiness.ts";
import type { Engine } from "../engine/engine.ts";
import { reasonOf } from "../engine/engine-error.ts";
import { agentBusy, agentNotFound, agentNotRunning, OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import type { AgentEvent } from "./agent-events.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { AgentSettings } from "./agent-settings.ts";
import type { ContainerMaker } from "./container-maker.ts";
import { Gate } from "./gate.ts";
import { type IdleAct, IdleClock } from "./idle-clock.ts";
import { Lane } from "./lane.ts";
import type { PlaceHolder, Places } from "./places.ts";
import { RecordKeeper } from "./record-keeper.ts";
import { Restarts } from "./restarts.ts";
import { Retirement } from "./retirement.ts";
import { type AgentCall, Serving } from "./serving.ts";
import { startVersion } from "./start-version.ts";
import type { Version, VersionPlan } from "./version.ts";

/** What all agents of a runner share. */
export interface AgentParts {
  readonly engine: Engine;
  readonly maker: ContainerMaker;
  readonly places: Places;
  readonly options: OkenOptions;
  readonly log: Logger;
  connect(endpoint: Endpoint, settings: AgentSettings): Pool;
  save(record: AgentRecord): Promise<void>;
  /** An agent of this image was started. */
  used(imageId: string): void;
  /** Takes the agent's secrets out of a text. */
  mask(agentId: string, text: string): string;
  tell(event: AgentEvent): void;
}

/**
 * - `deploying`: not yet any container; `failed`: its first deployment failed
 * - `unknown`: kept from before a restart, not yet looked at
 * - `ready` and `frozen` have a running container; `stopped` and `crashed` are started by the next call
 */
type Life = "deploying" | "failed" | "unknown" | "starting" | "ready" | "frozen" | "stopped" | "crashed";

/** As `GET /agents` shows it (spec §1.5). */
export type AgentStatus = "building" | "running" | "error" | "stopped";

/** A call waits for a crashed agent's next start, if that is not further away. */
const LONGEST_WAIT_MS = 10_000;

/** One agent: the container of its newest good version, and the calls to it. One thing at a time is done to the container. */
export class Agent implements PlaceHolder {
  readonly agentId: string;
  readonly #parts: AgentParts;
  readonly #gate: Gate;
  readonly #lane = new Lane();
  readonly #restarts: Restarts;
  readonly #over = new AbortController();
  readonly #retirement: Retirement;
  readonly #keeper: RecordKeeper;
  #life: Life;
  #version: Version | undefined;
  /** Of a ready or frozen agent. */
  #serving: Serving | undefined;
  #clock: IdleClock | undefined;
  #idleSince = performance.now();
  #waking: Promise<void> | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  /** The engine was lost while the agent was started. */
  #interrupted = false;

  constructor(parts: AgentParts, record: AgentRecord) {
    const { concurrency, queued, restartAttempts } = parts.options;
    this.#parts = parts;
    const report = (what: string, thrown: unknown) => this.#report(what, thrown);
    this.#keeper = new RecordKeeper(record, { save: (saved) => parts.save(saved), report });
    this.#retirement = new Retirement(parts.maker, report);
    this.agentId = record.agentId;
    this.#gate = new Gate(record.agentId, { concurrency, queued });
    this.#restarts = new Restarts(restartAttempts);
    this.#life = record.life === "deploying" || record.life === "failed" ? record.life : "unknown";
  }

  get record(): AgentRecord {
    return this.#keeper.record;
  }

  get version(): Version | undefined {
    return this.#version;
  }

  get status(): AgentStatus {
    switch (this.#life) {
      case "deploying":
        return "building";
      case "failed":
      case "crashed":
        return "error";
      case "unknown":
        return this.record.life === "running" ? "running" : "stopped";
      case "stopped":
        return "stopped";
      default:
        return "running";
    }
  }

  /** Containers that belong to this agent. */
  get containers(): readonly string[] {
    return [this.#version, ...this.#retirement.versions].flatMap((version) => (version ? [version.container.id] : []));
  }

  get idleSince(): number | undefined {
    const evictable = this.#life === "ready" || this.#life === "frozen";
    const pinned = this.#version?.plan.settings.pinned ?? false;
    return evictable && !pinned && !this.#gate.busy ? this.#idleSince : undefined;
  }

  /** A place among the agent's calls; wakes it where that is needed. Rejects with an `OkenError` or the signal's reason. */
  enter(signal: AbortSignal): Promise<AgentCall> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    this.#keeper.invoked();
    const call = this.#gate.enter(signal);
    if (!this.#gate.isOpen) this.#wake();
    return call;
  }

  /** Takes over the container that the registry names, and goes on where the predecessor stopped. */
  async adopt(): Promise<void> {
    await this.#lane.run(async () => {
      const warm = await this.#takeOver();
      if (this.#life !== "unknown") return;
      // A running one is asked whether it is ready; behind this in line.
      if (warm || this.record.life === "running") this.#wake();
      else this.#life = "stopped";
    });
  }

  /** The engine is back: what ran may run no more. */
  async check(): Promise<void> {
    if (this.#interrupted) return this.#wake();
    if (this.#life !== "ready" && this.#life !== "frozen") return;
    await this.#lane.run(async () => {
      const facts = await this.#version?.container.inspect();
      if (facts?.running) return;
      this.#parts.log.warn(
        { agent: this.agentId },
        `agent ${this.agentId} ended with the Docker engine; it is started again`,
      );
      this.#cease("stopped");
      this.#wake();
    });
  }

  /** The engine tells that a container has ended. */
  exited(containerId: string): void {
    if (this.#version?.container.id !== containerId) return;
    void this.#inLane(async () => {
      if (this.#life !== "ready" && this.#life !== "frozen") return;
      if (this.#version?.container.id !== containerId) return;
      const facts = await this.#version.container.inspect();
      // The news may be of an earlier stop.
      if (!facts?.running) await this.#crashed(howItEnded(facts));
    });
  }

  /** The engine tells that a container was paused: by us, or by somebody whom no call can wait for. */
  paused(containerId: string): void {
    void this.#inLane(async () => {
      if (this.#version?.container.id !== containerId || this.#life !== "ready") return;
      const facts = await this.#version.container.inspect();
      if (!facts?.paused) return;
      this.#gate.close();
      this.#life = "frozen";
      this.#tell({ act: "frozen", reason: "somebody paused its container" });
      if (this.#gate.waiting > 0 || this.#serving?.inFlight) this.#wake();
    });
  }

  /** Puts a ready container in the place of the old one, which ends when its calls have ended. */
  async swapIn(version: Version, pool: Pool, record: Pick<AgentRecord, "name" | "createdAt">): Promise<void> {
    await this.#lane.run(async () => {
      this.#over.signal.throwIfAborted();
      const old = this.#version && { version: this.#version, serving: this.#gate.close() ?? this.#serving };
      clearTimeout(this.#restartTimer);
      this.#clock?.stop();
      this.#version = version;
      this.#keeper.change({ ...record, lastInvoked: undefined, error: undefined });
      this.#parts.places.hold(this);
      this.#serve(pool);
      if (old) await this.#release(old.version);
      await this.#parts.maker.settle(version).catch((thrown) => this.#report("could not be given its name", thrown));
      await this.#save("running");
      if (old) this.#retirement.add(old.version, old.serving);
    });
  }

  /** The first deployment failed; `version` has the container of the failed start, for its log. */
  async deployFailed(error: string, version?: Version): Promise<void> {
    // Ended meanwhile: nobody is left who would remove the container.
    if (this.#over.signal.aborted) return await (version && this.#parts.maker.remove(version));
    this.#life = "failed";
    this.#version = version;
    this.#keeper.change({ error });
    await this.#save("failed");
  }

  /** A new deployment of an agent that never worked. */
  async deployAgain(createdAt: string, name: string): Promise<void> {
    const failed = this.#version;
    this.#life = "deploying";
    this.#version = undefined;
    this.#keeper.change({ createdAt, name, error: undefined, lastInvoked: undefined });
    if (failed) await this.#parts.maker.remove(failed);
    await this.#save("deploying");
  }

  /** Whether there is a version that works, or did. */
  get serves(): boolean {
    return this.#life !== "deploying" && this.#life !== "failed";
  }

  /** Gives back the place that was taken for a version which came to nothing. */
  giveBackPlace(): void {
    if (this.status !== "running") this.#parts.places.free(this);
  }

  async makeRoom(): Promise<void> {
    await this.#lane.run(() => this.#stopIdle("another agent needs its place"));
  }

  /** Writes down when the agent was last called, which no call waits for. */
  async saveTouched(): Promise<void> {
    await this.#keeper.saveTouched();
  }

  /** Ends the agent for good, calls and all; its containers are removed. */
  async end(): Promise<void> {
    this.#finish(agentNotFound(this.agentId));
    await this.#lane.run(async () => {
      const retiring = this.#retirement.versions;
      const versions = this.#version ? [this.#version, ...retiring] : retiring;
      this.#version = undefined;
      this.#cease("stopped");
      for (const version of versions) {
        await version.container.stop();
        await this.#parts.maker.remove(version);
      }
      this.#tell({ act: "removed" });
    });
    await this.#keeper.written();
  }

  /** The runner ends: the container is stopped, or left to the next runner; nothing is forgotten. */
  async rest(keepRunning: boolean): Promise<void> {
    this.#finish(agentBusy(this.agentId, "the runner is shutting down"));
    await this.#lane.run(async () => {
      if (this.serves && this.#life !== "unknown") await this.#save(this.#life === "stopped" ? "stopped" : "running");
      for (const version of this.#retirement.versions) await this.#parts.maker.remove(version);
      const serving = this.#gate.close() ?? this.#serving;
      if (this.#version && !keepRunning) await this.#version.container.stop();
      await this.#version?.claim.release();
      await serving?.pool.destroy();
    });
  }

  #refusal(): OkenError | undefined {
    if (this.#life === "deploying") return agentNotRunning(this.agentId, "building");
    if (this.#life === "failed")
      return agentNotRunning(this.agentId, this.#version ? "error" : "error, it has no container");
    const wait = this.#life === "crashed" ? this.#restarts.waitMs : 0;
    if (wait <= LONGEST_WAIT_MS) return undefined;
    return agentBusy(this.agentId, `${this.record.error}; it is not started again yet`, Math.ceil(wait / 1_000));
  }

  /** Has the agent started or thawed, unless that is under way. Whoever waits is sent away if it fails. */
  #wake(): void {
    if (this.#waking || this.#over.signal.aborted) return;
    // The restart's own timer wakes a crashed agent.
    if (this.#life === "crashed" && this.#restarts.waitMs > 0 && this.#restartTimer) return;
    this.#waking = this.#lane
      .run(() => this.#bringUp())
      .catch((thrown) => this.#gate.fail(this.#wakeError(thrown)))
      .finally(() => {
        this.#waking = undefined;
        // Who came while the agent was stopped again.
        if (this.#gate.waiting > 0 && !this.#gate.isOpen) this.#wake();
      });
  }

  async #bringUp(): Promise<void> {
    if (this.#gate.isOpen || this.#over.signal.aborted || !this.serves) return;
    const startedAt = performance.now();
    const patience = AbortSignal.any([this.#over.signal, this.#deadline()]);
    await this.#engineUp(patience);
    await this.#takeOver();
    if (this.#life === "frozen" && (await this.#thawed())) return this.#tell({ act: "thawed", ...since(startedAt) });
    await this.#parts.places.take(this, patience);
    await this.#startUp(startedAt);
  }

  async #startUp(startedAt: number): Promise<void> {
    this.#life = "starting";
    this.#interrupted = false;
    try {
      const { plan } = this.#version as Version;
      const { version, pool, act } = await startVersion(
        this.#version as Version,
        this.#readiness(plan),
        this.#parts.maker,
      );
      this.#version = version;
      this.#serve(pool);
      this.#tell({ act, ...since(startedAt) });
    } catch (thrown) {
      await this.#startFailed(thrown);
      throw thrown;
    }
    await this.#save("running");
  }

  async #startFailed(thrown: unknown): Promise<void> {
    // Without an engine nothing is wrong with the agent; it is started when the engine is back.
    this.#interrupted = !this.#parts.engine.status.up;
    if (this.#interrupted) return this.#cease("stopped");
    await this.#version?.container.stop(0).catch(() => undefined);
    await this.#crashed(reasonOf(thrown));
  }

  async #crashed(reason: string): Promise<void> {
    this.#cease("crashed");
    if (this.#over.signal.aborted) return;
    this.#keeper.change({ error: `crashed: ${reason}` });
    const delay = this.#restarts.down();
    const plan =
      delay === undefined ? "it is not started again until it is called" : `it is started again in ${delay} ms`;
    this.#parts.log.error({ agent: this.agentId }, `agent ${this.agentId} crashed: ${reason}; ${plan}`);
    this.#tell({ act: "crashed", reason });
    this.#restartTimer = delay === undefined ? undefined : setTimeout(() => this.#restart(), delay).unref();
    await this.#save("running");
  }

  #restart(): void {
    this.#restartTimer = undefined;
    this.#wake();
  }

  #serve(pool: Pool, open = (serving: Serving) => this.#open(serving)): void {
    const { plan } = this.#version as Version;
    const { settings } = plan;
    const serving: Serving = new Serving(pool, settings.invokeSeconds * 1_000, () => this.#left(serving));
    this.#serving = serving;
    this.#life = "ready";
    this.#restarts.up();
    this.#parts.used(plan.imageId);
    this.#keeper.change({ error: undefined });
    this.#clock?.stop();
    this.#clock = new IdleClock(
      idleLimits(settings),
      () => !this.#gate.busy,
      (act) => this.#idleLongEnough(act),
    );
    open(serving);
  }

  #open(serving: Serving): void {
    const { concurrency } = (this.#version as Version).plan.settings;
    this.#gate.open(serving, { concurrency, queued: this.#parts.options.queued });
    if (!this.#gate.busy) this.#becameIdle();
  }

  #left(serving: Serving): void {
    if (serving !== this.#serving) return;
    this.#gate.admit();
    if (!this.#gate.busy) this.#becameIdle();
  }

  #becameIdle(): void {
    this.#idleSince = performance.now();
    this.#clock?.idle();
    this.#parts.places.changed();
  }

  #idleLongEnough(act: IdleAct): void {
    const work = act === "freeze" ? () => this.#freeze() : () => this.#stopIdle("idle");
    void this.#inLane(work).then((done) => {
      if (!done) this.#clock?.again(this.#parts.options.cleanupIntervalSeconds * 1_000);
    });
  }

  async #stopIdle(reason: string): Promise<void> {
    if (this.idleSince === undefined) return;
    const startedAt = performance.now();
    await this.#closedWhile(() => (this.#version as Version).container.stop());
    this.#cease("stopped");
    this.#tell({ act: "stopped", reason, ...since(startedAt) });
    await this.#save("stopped");
  }

  async #freeze(): Promise<void> {
    if (this.#gate.busy || this.#life !== "ready") return;
    const startedAt = performance.now();
    await this.#closedWhile(() => (this.#version as Version).container.freeze());
    this.#life = "frozen";
    this.#tell({ act: "frozen", ...since(startedAt) });
  }

  /** Who comes meanwhile waits; if the work fails, the agent serves on. */
  async #closedWhile(work: () => Promise<void>): Promise<void> {
    const serving = this.#gate.close();
    try {
      await work();
    } catch (thrown) {
      if (serving) this.#open(serving);
      throw thrown;
    }
  }

  /** Whether that was all it took. */
  async #thawed(): Promise<boolean> {
    try {
      await this.#version?.container.thaw();
    } catch {
      // It may have died frozen: then it is started, as any agent that has ended.
      await this.#serving?.pool.destroy();
      return false;
    }
    this.#life = "ready";
    if (this.#serving) this.#open(this.#serving);
    return true;
  }

  /** Answers whether a container that was not known before runs. A frozen agent stays so until it is called. */
  async #takeOver(): Promise<boolean> {
    const kept = this.record.version;
    if (this.#version || !kept) return false;
    const { version, facts } = await this.#parts.maker.takeOver(this.agentId, kept);
    this.#version = version;
    if (!this.serves || !facts?.running) return false;
    this.#parts.places.hold(this);
    if (facts.paused && facts.endpoint) this.#takeOverFrozen(facts.endpoint, version.plan.settings);
    return true;
  }

  #takeOverFrozen(endpoint: Endpoint, settings: AgentSettings): void {
    this.#serve(this.#parts.connect(endpoint, settings), () => undefined);
    this.#life = "frozen";
    this.#tell({ act: "adopted" });
  }

  /** The container does not run any more, or will not. */
  #cease(life: Life): void {
    const serving = this.#gate.close() ?? this.#serving;
    this.#serving = undefined;
    this.#clock?.stop();
    this.#life = life;
    void serving?.pool.destroy();
    this.#parts.places.free(this);
  }

  /** Takes the agent's own name from an old container, for the new one. */
  async #release({ plan, container }: Version): Promise<void> {
    await container.rename(`oken-${plan.agentId}.old${plan.number}`).catch(() => undefined);
  }

  #finish(reason: OkenError): void {
    this.#over.abort(reason);
    clearTimeout(this.#restartTimer);
    this.#clock?.stop();
    this.#gate.fail(reason);
  }

  #readiness(plan: VersionPlan): ReadinessWish {
    return {
      announces: plan.entrypointType !== "http",
      timeoutSeconds: this.#parts.options.healthCheckTimeoutSeconds,
      signal: this.#over.signal,
      mask: (text: string) => this.#parts.mask(this.agentId, text),
      connect: (endpoint: Endpoint) => this.#parts.connect(endpoint, plan.settings),
    };
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#parts.options.healthCheckTimeoutSeconds * 1_000);
  }

  async #engineUp(signal: AbortSignal): Promise<void> {
    const { engine } = this.#parts;
    try {
      await engine.whenUp(signal);
    } catch {
      throw agentBusy(this.agentId, `the Docker engine does not answer: ${engine.status.problem}`, 5);
    }
  }

  #wakeError(thrown: unknown): OkenError {
    if (thrown instanceof OkenError) return thrown;
    const message = `Agent ${this.agentId} could not be woken: ${reasonOf(thrown)}`;
    return new OkenError("CONTAINER_ERROR", message, { cause: thrown });
  }

  /** Answers whether it was done; what is thrown is logged (OKEN-D18). */
  async #inLane(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.#lane.run(work);
      return true;
    } catch (thrown) {
      this.#report("could not be looked after", thrown);
      return false;
    }
  }

  async #save(life: AgentRecord["life"]): Promise<void> {
    await this.#keeper.save(life, this.#version);
  }

  #report(what: string, thrown: unknown): void {
    this.#parts.log.error({ err: thrown, agent: this.agentId }, `agent ${this.agentId} ${what}: ${reasonOf(thrown)}`);
  }

  #tell(event: Omit<AgentEvent, "agent">): void {
    this.#parts.tell({ agent: this.agentId, ...event });
  }
}

function idleLimits({ warmSeconds, freezeSeconds, pinned }: AgentSettings) {
  return {
    ...(freezeSeconds === undefined ? {} : { freezeMs: freezeSeconds * 1_000 }),
    ...(pinned ? {} : { stopMs: warmSeconds * 1_000 }),
  };
}

function since(startedAt: number) {
  return { ms: performance.now() - startedAt };
}
