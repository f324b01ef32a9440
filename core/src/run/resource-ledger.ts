import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { Journal } from "../sources/journal.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import type { KillReceipt, OwnerRef, Ownership, Resource, ResourceClaim, ResourceHandler } from "./resource.ts";

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

  /** Journals a resource; it may be started once this resolves. */
  async own(owner: OwnerRef, claim: ResourceClaim): Promise<Ownership> {
    if (!this.#handlers.has(claim.kind)) throw new LeaseholdError("RESOURCE_UNHANDLED", { kind: claim.kind });
    let resource: Resource = { ...claim, owner, data: claim.data ?? {} };
    await this.#journal.own(resource);
    const key = keyOf(owner);
    this.#add(key, resource);
    this.#tell("owned", resource);
    return {
      get resource() {
        return resource;
      },
      update: async (data: JsonObject) => {
        this.#remove(key, resource);
        resource = { ...resource, data: { ...resource.data, ...data } };
        this.#add(key, resource);
        await this.#journal.own(resource);
      },
      release: async () => {
        if (!this.#remove(key, resource)) return;
        await this.#journal.disown(resource);
        this.#tell("released", resource);
      },
    };
  }

  /** Ends whatever the owner still has, through the handlers; one receipt for all, or nothing when there was nothing. */
  async end(owner: OwnerRef, reason: Error): Promise<KillReceipt | undefined> {
    const resources = [...(this.#byOwner.get(keyOf(owner)) ?? [])];
    const receipts = await Promise.all(resources.map((resource) => this.#endOne(keyOf(owner), resource, reason)));
    return receipts.reduce<KillReceipt | undefined>(mergeReceipts, undefined);
  }

  /** Ends whatever is left of anyone: sessions that wait for a turn, plugins that were torn down. */
  async endAll(reason: Error): Promise<void> {
    const left = [...this.#byOwner].flatMap(([key, resources]) =>
      [...resources].map((resource) => ({ key, resource })),
    );
    await Promise.all(left.map(({ key, resource }) => this.#endOne(key, resource, reason)));
  }

  async #endOne(key: string, resource: Resource, reason: Error): Promise<KillReceipt> {
    const handled = this.#handlers.get(resource.kind);
    if (!handled) throw new LeaseholdError("RESOURCE_UNHANDLED", { kind: resource.kind });
    try {
      const receipt = await handled.handler.end(resource, reason);
      if (receipt.survivors === 0 && this.#remove(key, resource)) await this.#journal.disown(resource);
      this.#tell("ended", resource, receipt);
      return receipt;
    } catch (thrown) {
      const about = { kind: resource.kind, id: resource.id, plugin: handled.plugin };
      this.#log.error(
        { err: thrown, ...about },
        `${resource.kind} ${resource.id} could not be ended: ${messageOf(thrown)}`,
      );
      return { signals: [], survivors: 1, ms: 0 };
    }
  }

  #add(key: string, resource: Resource): void {
    const resources = this.#byOwner.get(key) ?? new Set();
    this.#byOwner.set(key, resources.add(resource));
  }

  #remove(key: string, resource: Resource): boolean {
    const resources = this.#byOwner.get(key);
    const removed = resources?.delete(resource) ?? false;
    if (resources?.size === 0) this.#byOwner.delete(key);
    return removed;
  }

  #tell(act: "owned" | "released" | "ended", { kind, id }: Resource, receipt?: KillReceipt): void {
    if (this.#telemetry.listening)
      this.#telemetry.tell({ type: "resource", act, kind, id, ...(receipt ? { receipt } : {}) });
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
