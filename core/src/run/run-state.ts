import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Followed, Whereabouts } from "../hooks/instrument.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Secrets } from "../redaction/redactor.ts";
import type { RunSecrets, SecretStore, SecretsOfRun } from "../redaction/secret-store.ts";
import type { ServiceRegistry } from "../services/service-registry.ts";
import type { Services } from "../services/services.ts";
import type { LeasedRun } from "../sources/source.ts";
import type { RunAborted } from "./aborted.ts";
import type { Agent } from "./agent.ts";
import { freezeDeeply, parseParameters } from "./parameters.ts";
import type { OwnerRef, Ownership, ResourceClaim } from "./resource.ts";
import type { ResourceLedger } from "./resource-ledger.ts";
import type { RunEvent, RunLimits, Session } from "./run.ts";

/** What a run takes from the runner around it. */
export interface Surroundings {
  readonly source: string;
  /** Whether a caller waits for the outcome. */
  readonly attached: boolean;
  readonly profile: Profile | undefined;
  /** As configured, not yet resolved or checked. */
  readonly projectDir: string;
  readonly limits: RunLimits;
  readonly log: Logger;
  readonly secrets: SecretStore;
  readonly ledger: ResourceLedger;
  readonly services: ServiceRegistry;
  readonly emit: (event: RunEvent & { readonly timestamp: string }) => void;
}

/** A run as the core keeps it; plugins see it as `Run`. */
export class RunState implements Followed {
  readonly id: string;
  readonly source: string;
  readonly attached: boolean;
  readonly agent: Agent;
  readonly session: Session;
  readonly parametersText: string;
  readonly profile: Profile | undefined;
  readonly limits: RunLimits;
  readonly env: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly owner: OwnerRef & { readonly type: "run" };
  readonly sessionOwner: OwnerRef & { readonly type: "session" };
  readonly leasedAt = performance.now();
  /** What is known so far, in milliseconds since the lease arrived. */
  readonly timings: { executing?: number; executed?: number } = {};
  readonly #surroundings: Surroundings;
  readonly #secrets: SecretsOfRun;
  readonly #abort = new AbortController();
  #onAbort: (() => void) | undefined;
  #whereabouts: Whereabouts | undefined;
  #log: Logger | undefined;
  #projectDir: string;
  #parsed: JsonObject | undefined;
  #frozen: JsonObject | undefined;
  #services: Services | undefined;
  #temp: Promise<string> | undefined;
  #settled = false;
  #endsSession = false;

  constructor(leased: LeasedRun, surroundings: Surroundings) {
    const { source, attached, ledger, profile } = surroundings;
    this.#surroundings = surroundings;
    this.id = leased.id;
    this.source = source;
    this.attached = attached;
    this.agent = Object.freeze({ ...leased.agent });
    this.parametersText = leased.parametersText;
    this.profile = profile;
    this.#projectDir = leased.projectDir ?? surroundings.projectDir;
    const timeoutSeconds = leased.agent.timeoutSeconds ?? profile?.timeoutSeconds ?? surroundings.limits.timeoutSeconds;
    this.limits = { ...surroundings.limits, timeoutSeconds };
    this.env = { ...profile?.env };
    this.labels = { ...leased.labels };
    this.#secrets = surroundings.secrets.forRun(leased.agent.name);
    this.owner = { type: "run", source, run: leased.id, session: leased.session.id };
    this.sessionOwner = { type: "session", session: leased.session.id };
    this.session = Object.freeze({
      ...leased.session,
      own: (claim) => ledger.own(this.sessionOwner, claim, () => !this.#settled),
    } satisfies Session);
    Object.freeze(this);
  }

  /** Whole milliseconds since the lease arrived. */
  get sinceLease(): number {
    return Math.round(performance.now() - this.leasedAt);
  }

  /** The tap that has it, or had it last. */
  get whereabouts(): Whereabouts | undefined {
    return this.#whereabouts;
  }

  set whereabouts(here: Whereabouts | undefined) {
    this.#whereabouts = here;
  }

  get log(): Logger {
    this.#log ??= this.#surroundings.log.child({
      run_id: this.id,
      session_id: this.session.id,
      agent: this.agent.name,
    });
    return this.#log;
  }

  get secrets(): Secrets {
    return this.#secrets.secrets;
  }

  /** What is masked where this run's texts leave the runner. */
  get secretScopes(): RunSecrets {
    return this.#secrets.scopes;
  }

  get projectDir(): string {
    return this.#projectDir;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get parameters(): JsonObject {
    this.#frozen ??= freezeDeeply(this.#parsed ?? parseParameters(this.parametersText));
    return this.#frozen;
  }

  get services(): Services {
    this.#services ??= this.#surroundings.services.child().facadeFor(`run ${this.id}`);
    return this.#services;
  }

  /** Tells the run to end; the first reason stands. */
  abort(reason: RunAborted): void {
    if (this.signal.aborted) return;
    this.#abort.abort(reason);
    this.#onAbort?.();
  }

  /** Who is told when the run is told to end, and nobody else: a listener to the signal costs as much as a hook. */
  watchAbort(onAbort: (() => void) | undefined): void {
    this.#onAbort = onAbort;
  }

  own(claim: ResourceClaim): Promise<Ownership> {
    return this.#surroundings.ledger.own(this.owner, claim, () => !this.#settled);
  }

  /** Whether a stop meant the whole session: then it does not wait for another turn, whatever the outcome says. */
  get endsSession(): boolean {
    return this.#endsSession;
  }

  endSession(): void {
    this.#endsSession = true;
  }

  /** Parses the parameters, so that a fault in them is found before anyone is asked. Throws `SyntaxError` and others. */
  checkParameters(): void {
    this.#parsed = parseParameters(this.parametersText);
  }

  /** Replaces the wanted directory by the real one. */
  confineTo(directory: string): void {
    this.#projectDir = directory;
  }

  async tempDirectory(): Promise<string> {
    if (this.#settled)
      throw new LeaseholdError("RESOURCE_REFUSED", { kind: "temp-directory", id: this.id, owner: `run ${this.id}` });
    this.#temp ??= mkdtemp(join(tmpdir(), "leasehold-"));
    return this.#temp;
  }

  emit(event: RunEvent): void {
    if (this.#settled) return this.log.debug({ event: event.type }, "an event after the run was settled is dropped");
    const stamped = { ...event, timestamp: event.timestamp ?? new Date().toISOString() };
    const masked = this.#masked(stamped);
    if (masked) this.#surroundings.emit(masked);
  }

  /** Nothing when it cannot be read through: what is nested without end, say, could not be reported either. */
  #masked<E extends RunEvent>(event: E): E | undefined {
    try {
      return this.#surroundings.secrets.maskValue("event", event, this.secretScopes);
    } catch (thrown) {
      this.log.warn(
        { err: thrown, event: event.type },
        `an event that cannot be read is dropped: ${messageOf(thrown)}`,
      );
      return undefined;
    }
  }

  /** After `onLease`: what it could change, nobody changes any more. */
  freeze(): void {
    for (const changeable of [this.limits, this.env, this.labels]) Object.freeze(changeable);
  }

  /** From now on no events and nothing to own. */
  close(): void {
    this.#settled = true;
  }

  /** The last of the run was told: what was secret in it alone is looked for no longer. */
  forgetSecrets(): void {
    this.#secrets.end();
  }

  /** Whether there is, or may be, a directory to delete. */
  get hasTempDirectory(): boolean {
    return this.#temp !== undefined;
  }

  async deleteTempDirectory(): Promise<void> {
    const directory = await this.#temp?.catch(() => undefined);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}
