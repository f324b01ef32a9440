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
import { assertLaunchable } from "./assert-launchable.ts";
import { endTree } from "./end-tree.ts";
import { toLaunchError } from "./launch-errors.ts";
import { LaunchedChild } from "./launched-child.ts";
import { ProcessTags } from "./process-tags.ts";
import { spawnChild, started, type Tagging } from "./spawn-child.ts";
import { SpawnTurns } from "./spawn-turns.ts";
import { findTaggingProgram } from "./tagging-program.ts";
import { send } from "./tree.ts";
import { TreeFinder } from "./tree-finder.ts";

/** The kind under which process trees are owned and journalled. */
export const PROCESS_GROUP = "process-group";

const DEFAULT_GRACE_SECONDS = 5;

/** Starts processes on this machine, and ends, checks and recovers their trees. */
export class LocalLauncher implements ProcessLauncher, ResourceHandler {
  readonly #log: Pick<Logger, "warn">;
  readonly #finder = new TreeFinder();
  readonly #turns = new SpawnTurns();
  readonly #tags: ProcessTags;
  readonly #findProgram: (tag: bigint) => Promise<string | undefined>;
  readonly #live = new Map<string, LaunchedChild>();
  #program: Promise<string | undefined> | undefined;

  /** `findProgram` is asked once for the program that tags children. */
  constructor(
    log: Pick<Logger, "warn">,
    findProgram: (tag: bigint) => Promise<string | undefined> = findTaggingProgram,
  ) {
    this.#log = log;
    this.#findProgram = findProgram;
    this.#tags = new ProcessTags(this.#finder.files.fileLocks("self").at(-1));
  }

  async launch(owner: Owner, spec: ProcessSpec): Promise<LaunchedProcess> {
    spec.signal?.throwIfAborted();
    await assertLaunchable(spec);
    const tagging = await this.#tagging();
    const data = { ...this.#finder.record(tagging?.tag), graceSeconds: spec.graceSeconds };
    const ownership = await owner.own({ kind: PROCESS_GROUP, id: randomUUID(), data });
    try {
      return await this.#start(spec, tagging, ownership);
    } catch (error) {
      if (!this.#live.has(ownership.resource.id)) await this.#release(ownership, tagging);
      throw error;
    }
  }

  async end(resource: Resource): Promise<KillReceipt> {
    const live = this.#live.get(resource.id);
    if (live) return live.end();
    const tree = this.#finder.recorded(resource.data);
    const { graceSeconds } = resource.data;
    if (!tree) return { signals: [], survivors: 0, ms: 0 };
    return endTree(tree, { graceSeconds: typeof graceSeconds === "number" ? graceSeconds : DEFAULT_GRACE_SECONDS });
  }

  async survivors(resource: Resource): Promise<number> {
    const tree = this.#live.get(resource.id)?.tree ?? this.#finder.recorded(resource.data);
    return tree ? (await tree.sweep()).alive : 0;
  }

  async #start(spec: ProcessSpec, tagging: Tagging | undefined, ownership: Ownership): Promise<LaunchedProcess> {
    const { child, found } = await this.#turns.take(() => {
      spec.signal?.throwIfAborted();
      const child = spawnChild(spec, tagging);
      return { child, found: child.pid === undefined ? undefined : this.#find(child.pid, spec, tagging) };
    });
    const spawned = await started(child, spec.file);
    const { tree, startTime } = found!;
    const settled = (survivors: number) => this.#settled(survivors, ownership, tagging);
    const launched = new LaunchedChild(spawned, spec, { tree, log: this.#log, settled });
    this.#live.set(ownership.resource.id, launched);
    await ownership.update({ pid: spawned.pid, startTime }).catch(async (error: unknown) => {
      await launched.end();
      throw error;
    });
    return launched;
  }

  /** A child that cannot be looked at, as for want of file descriptors, could not be ended either. */
  #find(pid: number, spec: ProcessSpec, tagging: Tagging | undefined) {
    try {
      return this.#finder.started(pid, tagging?.tag);
    } catch (error) {
      send(-pid, "SIGKILL");
      throw toLaunchError(error, spec.file);
    }
  }

  async #settled(survivors: number, ownership: Ownership, tagging: Tagging | undefined): Promise<void> {
    this.#live.delete(ownership.resource.id);
    if (survivors === 0) await this.#release(ownership, tagging);
    else this.#log.warn({ survivors, resource: ownership.resource.id }, "processes could not be ended");
  }

  async #release(ownership: Ownership, tagging: Tagging | undefined): Promise<void> {
    if (tagging) this.#tags.giveBack(tagging.tag);
    await ownership.release().catch((err: unknown) => {
      this.#log.warn({ err, resource: ownership.resource.id }, "a process group could not be released");
    });
  }

  async #tagging(): Promise<Tagging | undefined> {
    if (!this.#finder.canSeeAll) return undefined;
    const tag = this.#tags.take();
    if (tag === undefined) return undefined;
    this.#program ??= this.#findProgram(tag);
    const program = await this.#program;
    if (program !== undefined) return { program, tag };
    this.#tags.giveBack(tag);
    return undefined;
  }
}
