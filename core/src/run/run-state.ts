import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import type { ServiceRegistry } from "../services/service-registry.ts";
import type { Services } from "../services/services.ts";
import type { LeasedRun } from "../sources/source.ts";
import type { RunAborted } from "./aborted.ts";
import type { OwnerRef, Ownership, ResourceClaim } from "./resource.ts";
import type { ResourceLedger } from "./resource-ledger.ts";
import type { Agent, Run, RunEvent, RunLimits, Session } from "./run.ts";

/** What a run takes from the runner around it. */
export interface Surroundings {
  readonly source: string;
  readonly profile: Profile | undefined;
  /** As configured, not yet resolved or checked. */
  readonly projectDir: string;
  readonly limits: RunLimits;
  readonly log: Logger;
  readonly ledger: ResourceLedger;
  readonly services: ServiceRegistry;
  readonly emit: (event: RunEvent & { readonly timestamp: string }) => void;
}

/** A run as the core keeps it; plugins see it as `Run`. */
export class RunState implements Run {
  readonly id: string;
  readonly source: string;
  readonly agent: Agent;
  readonly session: Session;
  readonly parametersText: string;
  readonly profile: Profile | undefined;
  readonly log: Logger;
  readonly limits: RunLimits;
  readonly env: Record<string, string> = {};
  readonly labels: Record<string, string>;
  readonly owner: OwnerRef & { readonly type: "run" };
  readonly sessionOwner: OwnerRef & { readonly type: "session" };
  readonly leasedAt = performance.now();
  projectDir: string;
  readonly #surroundings: Surroundings;
  readonly #abort = new AbortController();
  #parameters: JsonObject | undefined;
  #services: Services | undefined;
  #temp: Promise<string> | undefined;
  #settled = false;

  constructor(leased: LeasedRun, surroundings: Surroundings) {
    const { source, log, ledger } = surroundings;
    this.#surroundings = surroundings;
    this.id = leased.id;
    this.source = source;
    this.agent = leased.agent;
    this.parametersText = leased.parametersText;
    this.profile = surroundings.profile;
    this.projectDir = leased.projectDir ?? surroundings.projectDir;
    this.limits = { ...surroundings.limits };
    this.labels = { ...leased.labels };
    this.log = log.child({ run_id: leased.id, session_id: leased.session.id, agent: leased.agent.name });
    this.owner = { type: "run", source, run: leased.id, session: leased.session.id };
    this.sessionOwner = { type: "session", session: leased.session.id };
    this.session = Object.freeze({
      ...leased.session,
      own: (claim) => ledger.own(this.sessionOwner, claim),
    } satisfies Session);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get parameters(): JsonObject {
    this.#parameters ??= parseParameters(this.parametersText);
    return this.#parameters;
  }

  get services(): Services {
    this.#services ??= this.#surroundings.services.child().facadeFor(`run ${this.id}`);
    return this.#services;
  }

  /** Tells the run to end; the first reason stands. */
  abort(reason: RunAborted): void {
    if (!this.signal.aborted) this.#abort.abort(reason);
  }

  own(claim: ResourceClaim): Promise<Ownership> {
    return this.#surroundings.ledger.own(this.owner, claim);
  }

  tempDirectory(): Promise<string> {
    this.#temp ??= mkdtemp(join(tmpdir(), "leasehold-"));
    return this.#temp;
  }

  emit(event: RunEvent): void {
    if (this.#settled) return this.log.debug({ event: event.type }, "an event after the run was settled is dropped");
    this.#surroundings.emit({ ...event, timestamp: event.timestamp ?? new Date().toISOString() });
  }

  /** After `onLease`: what it could change, nobody changes any more. */
  freeze(): void {
    for (const changeable of [this.limits, this.env, this.labels]) Object.freeze(changeable);
  }

  /** No events any more; the temp directory goes. */
  async settle(): Promise<void> {
    this.#settled = true;
    const directory = await this.#temp?.catch(() => undefined);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** Parses parameters, deeply frozen. Throws when the text is no JSON object. */
export function parseParameters(text: string): JsonObject {
  const parsed: unknown = JSON.parse(text, (_key, value: unknown) => Object.freeze(value));
  if (!isJsonObject(parsed)) throw new TypeError("parameters are not a JSON object");
  return parsed;
}
