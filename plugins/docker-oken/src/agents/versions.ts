import type { AgentPool } from "../invoke/agent-pool.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { AgentState } from "./agent-state.ts";
import type { Crashes } from "./crashes.ts";
import type { Duty } from "./duty.ts";
import { Retirement } from "./retirement.ts";
import { stillRuns } from "./still-runs.ts";
import type { Version } from "./version.ts";

/** An agent's versions: the one it has, how a newer one takes its place, and those that are on their way out. */
export class Versions {
  readonly #state: AgentState;
  readonly #duty: Duty;
  readonly #crashes: Crashes;
  readonly #retirement: Retirement;
  /** Ready, and waiting for their turn in the lane. */
  readonly #arriving = new Set<Version>();

  constructor(state: AgentState, duty: Duty, crashes: Crashes) {
    this.#state = state;
    this.#duty = duty;
    this.#crashes = crashes;
    this.#retirement = new Retirement(state.parts.maker, (what, thrown) => state.report(what, thrown));
  }

  get all(): readonly Version[] {
    const { version } = this.#state;
    const retiring = this.#retirement.versions;
    return version ? [version, ...retiring] : retiring;
  }

  /** Whether the news of a container's end concern the version that serves, now or soon. */
  mayServe(containerId: string): boolean {
    return [this.#state.version, ...this.#arriving].some((version) => version?.container.id === containerId);
  }

  /** The container of an old version has ended, maybe before its last call has. */
  async formerExited(containerId: string): Promise<void> {
    await this.#retirement.exited(containerId);
  }

  /**
   * Puts a ready container in the place of the old one, which ends when its calls have ended. Throws `NotReady` when the
   * container has ended while it waited for its turn; then the old one stays.
   */
  async swapIn(version: Version, pool: AgentPool, record: Pick<AgentRecord, "name" | "createdAt">): Promise<void> {
    // Its end may be told from now on until it is the agent's version.
    this.#arriving.add(version);
    try {
      await this.#state.lane.run(() => this.#takeTurn(version, pool, record));
    } catch (thrown) {
      // Its address may be another container's by now.
      await pool.destroy();
      throw thrown;
    } finally {
      this.#arriving.delete(version);
    }
  }

  async #takeTurn(version: Version, pool: AgentPool, record: Pick<AgentRecord, "name" | "createdAt">): Promise<void> {
    const { over, keeper, parts } = this.#state;
    over.signal.throwIfAborted();
    await stillRuns(version);
    over.signal.throwIfAborted();
    const former = this.#state.version;
    const old = former && { version: former, serving: this.#duty.withdraw() };
    this.#crashes.cancel();
    this.#duty.stopClock();
    this.#state.version = version;
    keeper.change({ ...record, lastInvoked: undefined, error: undefined });
    this.#duty.holdPlace();
    this.#duty.begin(pool);
    if (old) await releaseName(old.version);
    await parts.maker.settle(version).catch((thrown) => this.#state.report("could not be given its name", thrown));
    await this.#state.save("running");
    if (old) this.#retirement.add(old.version, old.serving);
  }

  /** There is none that works; `version` has the container of the failed start, for its log. */
  async keepFailed(error: string, version: Version | undefined): Promise<void> {
    // Ended meanwhile: nobody is left who would remove the container.
    if (this.#state.over.signal.aborted) return await (version && this.#state.parts.maker.remove(version));
    this.#state.life = "failed";
    this.#state.version = version;
    this.#state.keeper.change({ error });
    await this.#state.save("failed");
  }

  /** A new deployment begins where none has worked. */
  async forgetFailed(createdAt: string, name: string): Promise<void> {
    const failed = this.#state.version;
    this.#state.life = "deploying";
    this.#state.version = undefined;
    this.#state.keeper.change({ createdAt, name, error: undefined, lastInvoked: undefined });
    if (failed) await this.#state.parts.maker.remove(failed);
    await this.#state.save("deploying");
  }

  /** Ends them all, for good. */
  async remove(): Promise<void> {
    await this.#state.lane.run(async () => {
      const versions = this.all;
      this.#state.version = undefined;
      this.#duty.cease("stopped");
      for (const version of versions) {
        await version.container.stop();
        await this.#state.parts.maker.remove(version);
      }
    });
  }

  /** Leaves the version to the next runner, stopped or running; only those on their way out are removed. */
  async handOver(keepRunning: boolean): Promise<void> {
    const { lane, parts } = this.#state;
    await lane.run(async () => {
      const { life, serves, version } = this.#state;
      if (serves && life !== "unknown") await this.#state.save(life === "stopped" ? "stopped" : "running");
      for (const retiring of this.#retirement.versions) await parts.maker.remove(retiring);
      const serving = this.#duty.withdraw();
      if (version && !keepRunning) await version.container.stop();
      await version?.claim.release();
      await serving?.pool.destroy();
    });
  }
}

/** Takes the agent's own name from an old container, for the new one. */
async function releaseName({ plan, container }: Version): Promise<void> {
  await container.rename(`oken-${plan.agentId}.old${plan.number}`).catch(() => undefined);
}
