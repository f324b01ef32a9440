import type { JsonObject } from "../json/value.ts";

/** Who a resource belongs to; it is ended with its owner. */
export type OwnerRef =
  | { readonly type: "run"; readonly source: string; readonly run: string; readonly session: string }
  | { readonly type: "session"; readonly session: string }
  | { readonly type: "plugin"; readonly plugin: string };

/** A process group, container, job or VM as its starter announces it, before it starts. */
export interface ResourceClaim {
  /** Names the handler registered with `resources.handle`, e.g. `process-group`. */
  readonly kind: string;
  /** Unique among the resources of that kind on this machine, also after a restart. */
  readonly id: string;
  /** What the handler needs to find the resource again after a restart. No secrets. */
  readonly data?: JsonObject;
}

/** A resource as the core keeps it. */
export interface Resource extends ResourceClaim {
  readonly owner: OwnerRef;
  readonly data: JsonObject;
}

/** Held by whoever started a resource. */
export interface Ownership {
  readonly resource: Resource;
  /** Adds what is known only after the start (a pid, an address). */
  update(data: JsonObject): Promise<void>;
  /** Says that the resource is gone, and verified to be. */
  release(): Promise<void>;
}

/** Whoever can own resources: a run, a session or a plugin. */
export interface Owner {
  own(claim: ResourceClaim): Promise<Ownership>;
}

/** What was done to end something: signals in order, what is still alive, milliseconds it took. */
export interface KillReceipt {
  readonly signals: readonly string[];
  readonly survivors: number;
  readonly ms: number;
}

/** Whether a plugin's answer is a kill receipt. */
export function isReceipt(value: unknown): value is KillReceipt {
  if (typeof value !== "object" || value === null) return false;
  const { signals, survivors, ms } = value as Partial<KillReceipt>;
  return Array.isArray(signals) && Number.isInteger(survivors) && Number(survivors) >= 0 && typeof ms === "number";
}

/** Ends, checks and adopts the resources of one kind. */
export interface ResourceHandler {
  /**
   * Ends the resource and verifies it; ending what is already gone is no error. A throw, or no answer within the run's
   * grace and 10 s, counts as a survivor.
   */
  end(resource: Resource, reason: Error): Promise<KillReceipt>;
  /** How many parts of it (processes, containers) are alive. */
  survivors(resource: Resource): Promise<number>;
  /** Takes over what a predecessor of this process started; `false` means: end it. */
  adopt?(resource: Resource): Promise<boolean>;
}
