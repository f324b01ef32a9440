import { randomUUID } from "node:crypto";
import type {
  KillReceipt,
  LaunchedProcess,
  Logger,
  Owner,
  Ownership,
  ProcessLauncher,
  ProcessSpec,
  Resource,
  ResourceHandler,
} from "leasehold";
import type { Broker } from "./broker/broker.ts";
import { endTree } from "./end-tree.ts";
import { LaunchCheck } from "./launch-check.ts";
import { NothingStarted, toLaunchError } from "./launch-errors.ts";
import { LaunchedChild } from "./launched-child.ts";
import { type Place, Places, type PlacesOptions, UNTAGGED } from "./places.ts";
import { spawnChild, started } from "./spawn-child.ts";
import { SpawnTurns } from "./spawn-turns.ts";
import type { Spawned } from "./spawned.ts";
import { send } from "./tree.ts";
import { TreeFinder } from "./tree-finder.ts";

/** The kind under which process trees are owned and journalled. */
export const PROCESS_GROUP = "process-group";

const DEFAULT_GRACE_SECONDS = 5;

/** Starts processes on this machine, and ends, checks and recovers their trees. */
export class LocalLauncher implements ProcessLauncher, ResourceHandler {
  readonly #log: Pick<Logger, "warn">;
  readonly #finder = new TreeFinder();
  readonly #check = new LaunchCheck();
  readonly #turns = new SpawnTurns();
  readonly #places: Places | undefined;
  readonly #live = new Map<string, LaunchedChild>();

  constructor(log: Pick<Logger, "warn">, options: PlacesOptions = {}) {
    this.#log = log;
    if (this.#finder.canSeeAll) this.#places = new Places(log, this.#finder.files.fileLocks("self").at(-1), options);
  }

  async launch(owner: Owner, spec: ProcessSpec): Promise<LaunchedProcess> {
    spec.signal?.throwIfAborted();
    const isFresh = await this.#check.assert(spec);
    const place = (await this.#places?.find(spec)) ?? UNTAGGED;
    let ownership: Ownership | undefined;
    try {
      if (!isFresh && place.words.length > 0 && !place.inherits) await this.#check.assertThere(spec);
      const data = { ...this.#finder.record(place), graceSeconds: spec.graceSeconds };
      ownership = await owner.own({ kind: PROCESS_GROUP, id: randomUUID(), data });
      return await this.#start(spec, place, ownership);
    } catch (error) {
      this.#check.forget(spec);
      if (!this.#live.has(ownership?.resource.id ?? "")) await this.#giveUp(place, ownership);
      throw error;
    }
  }

  async end(resource: Resource): Promise<KillReceipt> {
    const live = this.#live.get(resource.id);
    if (live) return live.end();
    const tree = this.#finder.recorded(resource.data);
    const { graceSeconds } = resource.data;
    if (!tree) return { signals: [], survivors: 0, ms: 0 };
    await this.#finder.endBroker(resource.data);
    return endTree(tree, { graceSeconds: typeof graceSeconds === "number" ? graceSeconds : DEFAULT_GRACE_SECONDS });
  }

  async survivors(resource: Resource): Promise<number> {
    const tree = this.#live.get(resource.id)?.tree ?? this.#finder.recorded(resource.data);
    return tree ? (await tree.sweep()).alive : 0;
  }

  /** Ends what starts processes for this launcher. What they have started is not ended. */
  async close(): Promise<void> {
    await this.#places?.close();
  }

  async #start(spec: ProcessSpec, place: Place, ownership: Ownership): Promise<LaunchedProcess> {
    const spawned = await this.#spawn(spec, place);
    const { pid, startTime } = spawned;
    const tree = this.#finder.tree({ pid, startTime }, place);
    const settled = (survivors: number, lost: boolean) => this.#settled(survivors, lost, ownership, place);
    const launched = new LaunchedChild(spawned, spec, { tree, log: this.#log, settled });
    this.#live.set(ownership.resource.id, launched);
    await ownership.update({ pid, startTime }).catch(async (error: unknown) => {
      await launched.end();
      throw error;
    });
    return launched;
  }

  /** Where a broker cannot, we do. */
  async #spawn(spec: ProcessSpec, place: Place): Promise<Spawned> {
    if (!place.broker) return this.#startHere(spec, place);
    try {
      return await this.#startBy(place.broker, spec, place);
    } catch (error) {
      if (!(error instanceof NothingStarted)) throw error;
      await this.#check.assertThere(spec);
      return this.#startHere(spec, place);
    }
  }

  #startBy(broker: Broker, spec: ProcessSpec, { words, inherits }: Place): Promise<Spawned> {
    spec.signal?.throwIfAborted();
    return broker.spawn(inherits ? [] : words, spec);
  }

  async #startHere(spec: ProcessSpec, { words }: Place): Promise<Spawned> {
    const { child, startTime } = await this.#turns.take(() => {
      spec.signal?.throwIfAborted();
      const child = spawnChild(spec, words);
      return { child, startTime: child.pid === undefined ? 0 : this.#startTime(child.pid, spec) };
    });
    return started(child, spec.file, startTime);
  }

  /**
   * In the turn that started it, so that the pid is surely still its own. A child that cannot be looked at, as for want of
   * file descriptors, could not be ended either.
   */
  #startTime(pid: number, { file }: ProcessSpec): number {
    try {
      return this.#finder.startTime(pid);
    } catch (error) {
      send(-pid, "SIGKILL");
      throw toLaunchError(error, file);
    }
  }

  async #settled(survivors: number, lost: boolean, ownership: Ownership, place: Place): Promise<void> {
    this.#live.delete(ownership.resource.id);
    place.leave(survivors === 0 && !lost);
    if (survivors === 0) await this.#release(ownership);
    else this.#log.warn({ survivors, resource: ownership.resource.id }, "processes could not be ended");
  }

  /** What a broker was to start may have been started without a word of it. */
  async #giveUp(place: Place, ownership: Ownership | undefined): Promise<void> {
    const tree = place.broker && ownership && this.#finder.recorded(ownership.resource.data);
    const { survivors } = tree ? await endTree(tree, { graceSeconds: 0 }) : { survivors: 0 };
    place.leave(survivors === 0);
    if (ownership && survivors === 0) await this.#release(ownership);
  }

  async #release(ownership: Ownership): Promise<void> {
    await ownership.release().catch((err: unknown) => {
      this.#log.warn({ err, resource: ownership.resource.id }, "a process group could not be released");
    });
  }
}
