import { hostname } from "node:os";
import type { Scripts } from "@leasehold/script-executor";
import type {
  Credentials,
  DeliveryAnswer,
  DeliveryAttempt,
  Feed,
  JsonObject,
  LeaseSource,
  Logger,
  Profile,
  Redactor,
  Refusal,
  ReportedRun,
  Run,
  RunMoment,
  SourceStatus,
} from "leasehold";
import { refuse } from "leasehold";
import type { PollAnswer } from "./answers.ts";
import { Arrivals } from "./arrivals.ts";
import { CoordinatorClient } from "./client.ts";
import { Delivery } from "./delivery.ts";
import { sayFarewell } from "./deregistration.ts";
import { Fence } from "./fence.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type Lease, leaseOf, type RunRef, unfitRun } from "./lease.ts";
import type { CoordinatorOptions } from "./options.ts";
import { Poller } from "./poller.ts";
import { Reconciliation } from "./reconciliation.ts";
import { Registration } from "./registration.ts";
import { type RegistrationPayload, registrationPayload } from "./registration-payload.ts";
import { reportsOf } from "./reports.ts";
import { CoordinatorScripts } from "./scripts.ts";
import { StopWatch } from "./stop-watch.ts";
import { Stops } from "./stops.ts";
import type { Timing } from "./timing.ts";

export interface SourceSettings {
  readonly options: CoordinatorOptions;
  readonly projectDir: string;
  readonly activeProfile: () => Profile | undefined;
  readonly credentials: () => Credentials | undefined;
  /** Who keeps scripts, if anybody does; asked for when every plugin is set up. */
  readonly scripts: () => Scripts | undefined;
  readonly log: Logger;
  readonly secrets?: Pick<Redactor, "text">;
  readonly timing: Timing;
}

/** The AOF coordinator as a lease source: registers, polls, beats, stops and reports. */
export class CoordinatorSource implements LeaseSource<RunRef> {
  readonly name = "coordinator";
  readonly delivery = "durable";
  readonly slots: number;
  readonly client: CoordinatorClient;
  readonly heartbeat: Heartbeat;
  readonly #settings: SourceSettings;
  readonly #hostname: string;
  readonly #registration: Registration;
  readonly #delivery: Delivery;
  /** Runs whose reports are not all delivered, with their sessions. */
  readonly #owed = new Map<string, string>();
  /** Why runs that were offered will not be executed. */
  readonly #unfit = new Map<string, string>();
  #fence: Fence | undefined;
  #reconciliation: Reconciliation | undefined;
  readonly #deregistered = new AbortController();
  readonly #closed = new AbortController();
  #poller: Poller | undefined;
  #closing = false;

  constructor(settings: SourceSettings) {
    const { options, log, timing, credentials, secrets } = settings;
    this.#settings = settings;
    this.#hostname = options.hostname ?? hostname();
    this.slots = options.concurrency;
    const { url } = options;
    const masking = secrets ? { secrets } : {};
    this.client = new CoordinatorClient({ url, requestMs: timing.requestMs, credentials, log, ...masking });
    const { client } = this;
    const attempts = options.registrationAttempts;
    const payload = () => this.#payload();
    const onRegistered = () => settings.scripts()?.reconcile();
    const onConfirmed = () => {
      this.#fence?.heard(performance.now());
      this.#reconciliation?.request();
    };
    this.#registration = new Registration({ client, log, timing, attempts, payload, onRegistered, onConfirmed });
    const registration = this.#registration;
    this.#delivery = new Delivery({ client, registration, runner: () => this.#binding() });
    const { staleMs } = timing;
    // Three beats, of which two may be lost.
    const everySeconds = Math.min(options.heartbeatIntervalSeconds, (options.fenceAfterSeconds ?? Infinity) / 3);
    const onHeard = (at: number) => this.#fence?.heard(at);
    this.heartbeat = new Heartbeat({ client, registration, staleMs, everySeconds, onHeard });
  }

  /** Resolves at the drain, or when the coordinator has deregistered this runner. Rejects when it refuses to register it. */
  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    const leasing = AbortSignal.any([signal, this.#deregistered.signal]);
    this.#settings.scripts()?.connect(new CoordinatorScripts(this.client));
    if (!(await this.#registration.first(leasing, feed))) return;
    const stopWatch = this.#stopWatch(feed);
    this.#poller = this.#pollerFor(feed, stopWatch, this.#reconcile(feed));
    this.#keepFence(feed);
    await this.#poller.run(leasing);
    if (signal.aborted) void stopWatch.until(this.#closed.signal);
  }

  #stopWatch(feed: Feed): StopWatch {
    const { log, timing } = this.#settings;
    return new StopWatch({
      client: this.client,
      registration: this.#registration,
      log,
      feed,
      everyMs: timing.stopCheckMs,
    });
  }

  #reconcile(feed: Feed): Reconciliation {
    const { log, timing, options } = this.#settings;
    const registration = this.#registration;
    const ghostMs = () =>
      Math.max(options.pollTimeoutSeconds, registration.current?.pollTimeoutSeconds ?? 0) * 1_000 + timing.lateMs;
    const pollsBefore = async (at: number) => this.#poller?.endedBefore(at);
    const shared = { client: this.client, registration, log, timing, feed };
    this.#reconciliation = new Reconciliation({ ...shared, ghostMs, pollsBefore });
    this.#reconciliation.request();
    void this.#reconciliation.until(this.#closed.signal);
    return this.#reconciliation;
  }

  #keepFence(feed: Feed): void {
    const { log, options } = this.#settings;
    if (options.fenceAfterSeconds === undefined) return;
    this.#fence = new Fence({ feed, log, afterMs: options.fenceAfterSeconds * 1_000 });
    void this.#fence.until(this.#closed.signal);
  }

  #pollerFor(feed: Feed, stopWatch: StopWatch, reconciliation: Reconciliation): Poller {
    const { log, timing, options } = this.#settings;
    const shared = { client: this.client, registration: this.#registration, log, feed };
    const isOwed = (session: string) => [...this.#owed.values()].includes(session);
    const stops = new Stops({ ...shared, reconciliation, isOwed, signal: this.#closed.signal });
    const arrivals = new Arrivals({
      feed,
      stops,
      log,
      timing,
      delivery: this.#delivery,
      scripts: this.#settings.scripts(),
      leaseIn: (answer) => this.#leaseIn(answer),
      onLease: (ref, { unfit }) => {
        this.#owed.set(ref.run, ref.session);
        if (unfit !== undefined) this.#unfit.set(ref.run, unfit);
      },
      onDropped: (ref) => this.release(ref),
      onDeregistered: () => this.#leave(feed),
      isClosing: () => this.#closing,
      signal: this.#closed.signal,
    });
    return new Poller({
      ...shared,
      timing,
      stopWatch,
      pollTimeoutSeconds: options.pollTimeoutSeconds,
      handle: (body, slot) => arrivals.take(body, slot),
      onHeard: (at) => this.#fence?.heard(at),
      onLost: () => reconciliation.request(),
    });
  }

  /** Tapped on `onLease`: turns away what is not meant for this runner, and tells children where the coordinator is. */
  admit(run: Pick<Run, "id" | "source" | "env">): Refusal | undefined {
    if (run.source !== this.name) return undefined;
    const unfit = this.#unfit.get(run.id);
    if (unfit !== undefined) return refuse(unfit);
    run.env["AGENT_ORCHESTRATOR_API_URL"] = this.client.url;
    return undefined;
  }

  reports(moment: RunMoment, run: ReportedRun): readonly JsonObject[] {
    return reportsOf(moment, run);
  }

  async deliver(ref: RunRef, report: JsonObject, attempt: DeliveryAttempt): Promise<DeliveryAnswer> {
    this.#owed.set(ref.run, ref.session);
    return this.#delivery.deliver(ref, report, attempt);
  }

  release(ref: RunRef): void {
    this.#owed.delete(ref.run);
    this.#unfit.delete(ref.run);
    this.#delivery.release(ref);
  }

  status(): SourceStatus {
    const runner = this.#registration.current?.runnerId;
    return runner === undefined
      ? { ready: false, detail: "not registered" }
      : { ready: !this.#closing, detail: `registered as ${runner}` };
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    const poller = this.#poller ?? { open: 0, idle: async () => {} };
    const holdsOthers = this.#reconciliation?.leftAlone ?? false;
    const { log } = this.#settings;
    await sayFarewell({ client: this.client, registration: this.#registration, poller, log, holdsOthers }, signal);
    this.#registration.withdraw();
    this.#closed.abort();
  }

  #leaseIn({ run, brokenRun }: PollAnswer): Lease | undefined {
    if (run) return leaseOf(run, this.#profile());
    return brokenRun && { run: unfitRun(brokenRun), unfit: brokenRun.problem };
  }

  /** Deregistered from outside: the work stops, what is owed is kept, and the runner ends. */
  #leave(feed: Feed): void {
    void this.#registration.ended();
    this.#registration.withdraw();
    this.#deregistered.abort();
    if (this.#closing) return;
    this.#settings.log.warn("the coordinator has deregistered this runner; stopping all of its runs");
    void feed
      .stop({ all: true }, { message: "the coordinator has deregistered this runner" })
      .catch((err: unknown) => this.#settings.log.warn({ err }, "runs could not be stopped"));
  }

  #payload(): RegistrationPayload {
    return registrationPayload(this.#settings.options, this.#hostname, this.#settings.projectDir, this.#profile());
  }

  #binding(): { hostname: string; executorProfile: string } {
    return { hostname: this.#hostname, executorProfile: this.#profile().name };
  }

  #profile(): Profile {
    const profile = this.#settings.activeProfile();
    if (profile) return profile;
    throw new Error(
      "the coordinator needs a profile to register: add one to runner.config.ts, or name it with PROFILE",
    );
  }
}
