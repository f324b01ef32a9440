import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Journal } from "../journal/journal.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import { withinSeconds } from "../plugin/within.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import {
  isReceipt,
  type KillReceipt,
  type OwnerRef,
  type Ownership,
  type Resource,
  type ResourceClaim,
  type ResourceHandler,
} from "./resource.ts";

interface Handled {
  readonly plugin: string;
  readonly handler: ResourceHandler;
}

/** Everything that runs, sessions and plugins have started and not yet ended. */
export class ResourceLedger {
  readonly #journal: Journal;
  readonly #telemetry: TelemetryHub;
  readonly #log: Logger;
  readonly #handlers = new Map<string, Handled>();
  readonly #byOwner = new Map<string, Set<Resource>>();
  /** Resources by the type of their owner: most runs have none, and are asked often. */
  readonly #counts: Record<OwnerRef["type"], number> = { run: 0, session: 0, plugin: 0 };

  constructor(journal: Journal, telemetry: TelemetryHub, log: Logger) {
    this.#journal = journal;
    this.#telemetry = telemetry;
    this.#log = log;
  }

  handle(plugin: string, kind: string, handler: ResourceHandler): void {
    const earlier = this.#handlers.get(kind);
    if (earlier)
      throw new LeaseholdError("RESOURCE_HANDLER_DUPLICATE", { kind, first: earlier.plugin, second: plugin });
    this.#handlers.set(kind, { plugin, handler });
  }

  /**
   * Journals a resource; it may be started once this resolves. Rejects when the owner has ended meanwhile.
   * @param isOpen Whether the owner may still own: what is owned after its end would outlive it.
   */
  async own(owner: OwnerRef, claim: ResourceClaim, isOpen: () => boolean = () => true): Promise<Ownership> {
    const { kind, id } = claim;
    const key = keyOf(owner);
    if (!this.#handlers.has(kind)) throw new LeaseholdError("RESOURCE_UNHANDLED", { kind });
    if (!isOpen()) throw new LeaseholdError("RESOURCE_REFUSED", { kind, id, owner: key });
    const resource: Resource = { ...claim, owner, data: claim.data ?? {} };
    await this.#journal.own(resource);
    if (!isOpen()) {
      await this.#journal.disown(resource);
      throw new LeaseholdError("RESOURCE_REFUSED", { kind, id, owner: key });
    }
    this.#add(key, resource);
    this.#tell("owned", resource);
    return this.#ownership(key, resource);
  }

  /** Whether the owner has anything. */
  holds(owner: OwnerRef): boolean {
    return this.#counts[owner.type] > 0 && this.#byOwner.has(keyOf(owner));
  }

  /**
   * Ends whatever the owner still has, through the handlers; one receipt for all, or nothing when there was nothing.
   * @param seconds How long a handler may take; what it has not ended by then counts as a survivor.
   * @param tried What an earlier call has been at already, and is not counted twice.
   */
  async end(
    owner: OwnerRef,
    reason: Error,
    seconds: number,
    tried = new Set<Resource>(),
  ): Promise<KillReceipt | undefined> {
    const key = keyOf(owner);
    let receipt: KillReceipt | undefined;
    // Again, for what was owned or became better known (its pid, say) while the rest was ended.
    for (let left = this.#untried(key, tried); left.length > 0; left = this.#untried(key, tried)) {
      for (const resource of left) tried.add(resource);
      const receipts = await Promise.all(left.map((resource) => this.#endOne(key, resource, reason, seconds)));
      receipt = receipts.reduce(mergeReceipts, receipt);
    }
    return receipt;
  }

  /** Ends whatever is left of owners of the given types; resources that their handler did not end stay, and are logged. */
  async endAll(types: readonly OwnerRef["type"][], reason: Error, seconds: number): Promise<void> {
    const owners = [...this.#byOwner.values()]
      .flatMap((resources) => [...resources].slice(0, 1))
      .map(({ owner }) => owner)
      .filter(({ type }) => types.includes(type));
    await Promise.all(owners.map((owner) => this.end(owner, reason, seconds)));
  }

  /** Has what a predecessor of this process started adopted by its handlers, or ended. What nobody handles stays in the journal. */
  async recover(resources: readonly Resource[], reason: Error, seconds: number): Promise<void> {
    await Promise.all(resources.map((resource) => this.#recoverOne(resource, reason, seconds)));
  }

  async #recoverOne(resource: Resource, reason: Error, seconds: number): Promise<void> {
    const { kind, id, owner } = resource;
    const handled = this.#handlers.get(kind);
    if (!handled) {
      this.#log.error({ kind, id }, `${kind} ${id} of a predecessor may be alive, and no plugin handles its kind`);
      return;
    }
    this.#add(keyOf(owner), resource);
    // Runs end with their runner; sessions and plugins go on.
    if (owner.type !== "run" && (await this.#adopted(handled, resource, seconds))) return this.#tell("owned", resource);
    await this.#endOne(keyOf(owner), resource, reason, seconds);
  }

  async #adopted({ plugin, handler }: Handled, resource: Resource, seconds: number): Promise<boolean> {
    if (!handler.adopt) return false;
    const { kind, id } = resource;
    try {
      const stuck = () => new LeaseholdError("RESOURCE_STUCK", { plugin, kind, id, seconds });
      return (await withinSeconds(seconds, async () => handler.adopt?.(resource), stuck)) === true;
    } catch (thrown) {
      this.#log.error({ err: thrown, kind, id, plugin }, `${kind} ${id} could not be adopted: ${messageOf(thrown)}`);
      return false;
    }
  }

  #untried(key: string, tried: ReadonlySet<Resource>): Resource[] {
    return [...(this.#byOwner.get(key) ?? [])].filter((resource) => !tried.has(resource));
  }

  #ownership(key: string, owned: Resource): Ownership {
    let resource = owned;
    return {
      get resource() {
        return resource;
      },
      update: async (data: JsonObject) => {
        if (!this.#remove(key, resource)) return;
        resource = { ...resource, data: { ...resource.data, ...data } };
        this.#add(key, resource);
        await this.#journal.amend(resource);
      },
      release: async () => {
        if (!this.#remove(key, resource)) return;
        await this.#journal.disown(resource);
        this.#tell("released", resource);
      },
    };
  }

  async #endOne(key: string, resource: Resource, reason: Error, seconds: number): Promise<KillReceipt> {
    const { kind, id } = resource;
    const { plugin, handler } = this.#handlers.get(kind) as Handled;
    try {
      const stuck = () => new LeaseholdError("RESOURCE_STUCK", { plugin, kind, id, seconds });
      const receipt = await withinSeconds(seconds, async () => handler.end(resource, reason), stuck);
      if (!isReceipt(receipt)) throw new Error("its handler answered no kill receipt");
      if (receipt.survivors === 0 && this.#remove(key, resource)) await this.#journal.disown(resource);
      this.#tell("ended", resource, receipt);
      return receipt;
    } catch (thrown) {
      this.#log.error({ err: thrown, kind, id, plugin }, `${kind} ${id} could not be ended: ${messageOf(thrown)}`);
      return { signals: [], survivors: 1, ms: 0 };
    }
  }

  #add(key: string, resource: Resource): void {
    const resources = this.#byOwner.get(key) ?? new Set();
    this.#byOwner.set(key, resources.add(resource));
    this.#counts[resource.owner.type]++;
  }

  #remove(key: string, resource: Resource): boolean {
    const resources = this.#byOwner.get(key);
    const removed = resources?.delete(resource) ?? false;
    if (resources?.size === 0) this.#byOwner.delete(key);
    if (removed) this.#counts[resource.owner.type]--;
    return removed;
  }

  #tell(act: "owned" | "released" | "ended", { kind, id, owner }: Resource, receipt?: KillReceipt): void {
    if (this.#telemetry.listening)
      this.#telemetry.tell({ type: "resource", act, kind, id, owner: owner.type, ...(receipt ? { receipt } : {}) });
  }
}

/** One receipt for two endings. */
export function mergeReceipts(one: KillReceipt | undefined, other: KillReceipt): KillReceipt {
  if (!one) return other;
  return {
    signals: [...new Set([...one.signals, ...other.signals])],
    survivors: one.survivors + other.survivors,
    ms: Math.max(one.ms, other.ms),
  };
}

function keyOf(owner: OwnerRef): string {
  if (owner.type === "run") return `run ${owner.source} ${owner.run}`;
  return owner.type === "session" ? `session ${owner.session}` : `plugin ${owner.plugin}`;
}
