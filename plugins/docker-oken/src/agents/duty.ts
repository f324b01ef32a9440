import type { AgentPool } from "../invoke/agent-pool.ts";
import type { AgentSettings } from "./agent-settings.ts";
import type { AgentState } from "./agent-state.ts";
import { type IdleAct, IdleClock } from "./idle-clock.ts";
import type { Life } from "./life.ts";
import type { PlaceHolder } from "./places.ts";
import { Serving } from "./serving.ts";
import { since } from "./since.ts";
import type { Version } from "./version.ts";

/** An agent that serves, from its readiness on: the calls to it, and its freeze or stop when there are none for long enough. */
export class Duty implements PlaceHolder {
  readonly #state: AgentState;
  /** Of a ready or frozen agent. */
  #serving: Serving | undefined;
  #clock: IdleClock | undefined;
  #idleSince = performance.now();

  constructor(state: AgentState) {
    this.#state = state;
  }

  get agentId(): string {
    return this.#state.agentId;
  }

  get idleSince(): number | undefined {
    const { life, version, gate } = this.#state;
    const evictable = life === "ready" || life === "frozen";
    const pinned = version?.plan.settings.pinned ?? false;
    return evictable && !pinned && !gate.busy ? this.#idleSince : undefined;
  }

  async makeRoom(): Promise<void> {
    await this.#state.lane.run(() => this.#stopIdle("another agent needs its place"));
  }

  /** Waits for a place among those that run. Rejects with `AGENT_BUSY` when the signal is aborted before. */
  takePlace(signal: AbortSignal): Promise<void> {
    return this.#state.parts.places.take(this, signal);
  }

  /** The same, where nobody has to stop for it. Answers whether there was one. */
  takeFreePlace(): boolean {
    return this.#state.parts.places.takeFree(this);
  }

  /** For an agent that runs already. */
  holdPlace(): void {
    this.#state.parts.places.hold(this);
  }

  giveBackPlace(): void {
    this.#state.parts.places.free(this);
  }

  /** The container is ready: calls come in. */
  begin(pool: AgentPool): void {
    this.#open(this.#take(pool));
  }

  /** The container is frozen, and stays so until a call comes. */
  beginFrozen(pool: AgentPool): void {
    this.#take(pool);
    this.#state.life = "frozen";
  }

  /** Thaws the container. Answers whether that was all it took to serve again. */
  async thaw(): Promise<boolean> {
    const { version } = this.#state;
    try {
      await version?.container.thaw();
    } catch {
      // It may have died frozen: then it is started, as any agent that has ended.
      await this.#serving?.pool.destroy();
      return false;
    }
    this.#state.life = "ready";
    if (this.#serving) this.#open(this.#serving);
    return true;
  }

  /** Lets no further call in; those in flight go on. Answers them. */
  withdraw(): Serving | undefined {
    return this.#state.gate.close() ?? this.#serving;
  }

  /** The container does not run any more, or will not. */
  cease(life: Life): void {
    const serving = this.withdraw();
    this.#serving = undefined;
    this.stopClock();
    this.#state.life = life;
    void serving?.pool.destroy();
    this.giveBackPlace();
  }

  /** It is neither frozen nor stopped by itself any more. */
  stopClock(): void {
    this.#clock?.stop();
  }

  #take(pool: AgentPool): Serving {
    const { settings, imageId } = this.#version.plan;
    const serving: Serving = new Serving(pool, settings.invokeSeconds * 1_000, () => this.#left(serving));
    this.#serving = serving;
    this.#state.life = "ready";
    this.#state.restarts.up();
    this.#state.parts.used(imageId);
    this.#state.keeper.change({ error: undefined });
    this.stopClock();
    this.#clock = this.#clockOf(settings);
    return serving;
  }

  #clockOf(settings: AgentSettings): IdleClock {
    return new IdleClock(
      idleLimits(settings),
      () => !this.#state.gate.busy,
      (act) => this.#idleLongEnough(act),
    );
  }

  #open(serving: Serving): void {
    const { gate, parts } = this.#state;
    gate.open(serving, { concurrency: this.#version.plan.settings.concurrency, queued: parts.options.queued });
    if (!gate.busy) this.#becameIdle();
  }

  #left(serving: Serving): void {
    if (serving !== this.#serving) return;
    this.#state.gate.admit();
    if (!this.#state.gate.busy) this.#becameIdle();
  }

  #becameIdle(): void {
    this.#idleSince = performance.now();
    this.#clock?.idle();
    this.#state.parts.places.changed();
  }

  #idleLongEnough(act: IdleAct): void {
    const work = act === "freeze" ? () => this.#freeze() : () => this.#stopIdle("idle");
    void this.#state.inLane(work).then((done) => {
      if (!done) this.#clock?.again(this.#state.parts.options.cleanupIntervalSeconds * 1_000);
    });
  }

  async #stopIdle(reason: string): Promise<void> {
    if (this.idleSince === undefined) return;
    const startedAt = performance.now();
    await this.#closedWhile(() => this.#version.container.stop());
    this.cease("stopped");
    this.#state.tell({ act: "stopped", reason, ...since(startedAt) });
    await this.#state.save("stopped");
  }

  async #freeze(): Promise<void> {
    if (this.#state.gate.busy || this.#state.life !== "ready") return;
    const startedAt = performance.now();
    await this.#closedWhile(() => this.#version.container.freeze());
    this.#state.life = "frozen";
    this.#state.tell({ act: "frozen", ...since(startedAt) });
  }

  /** Who comes meanwhile waits; if the work fails, the agent serves on. */
  async #closedWhile(work: () => Promise<void>): Promise<void> {
    const serving = this.#state.gate.close();
    try {
      await work();
    } catch (thrown) {
      if (serving) this.#open(serving);
      throw thrown;
    }
  }

  /** Whoever serves has one. */
  get #version(): Version {
    return this.#state.version as Version;
  }
}

function idleLimits({ warmSeconds, freezeSeconds, pinned }: AgentSettings) {
  return {
    ...(freezeSeconds === undefined ? {} : { freezeMs: freezeSeconds * 1_000 }),
    ...(pinned ? {} : { stopMs: warmSeconds * 1_000 }),
  };
}
