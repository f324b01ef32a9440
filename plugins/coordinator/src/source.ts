import { hostname } from "node:os";
import type {
  Credentials,
  DeliveryAnswer,
  DeliveryAttempt,
  Feed,
  JsonObject,
  LeaseSource,
  Logger,
  Profile,
  Refusal,
  Run,
  RunMoment,
  Slot,
} from "leasehold";
import { refuse } from "leasehold";
import { type PollAnswer, readPollAnswer } from "./answers.ts";
import { Backoff, pause } from "./backoff.ts";
import { CoordinatorClient } from "./client.ts";
import { Delivery } from "./delivery.ts";
import { sayFarewell } from "./deregistration.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type Lease, leaseOf, type RunRef, unfitRun } from "./lease.ts";
import type { CoordinatorOptions } from "./options.ts";
import { Poller } from "./poller.ts";
import { Registration } from "./registration.ts";
import { type RegistrationPayload, registrationPayload } from "./registration-payload.ts";
import { reportsOf } from "./reports.ts";
import { StopWatch } from "./stop-watch.ts";
import { Stops } from "./stops.ts";
import type { Timing } from "./timing.ts";

/** Attempts to report a run that the core could not be given. */
const REFUSAL_ATTEMPTS = 5;

export interface SourceSettings {
  readonly options: CoordinatorOptions;
  readonly projectDir: string;
  readonly activeProfile: () => Profile | undefined;
  readonly credentials: () => Credentials | undefined;
  readonly log: Logger;
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
  readonly #deregistered = new AbortController();
  readonly #closed = new AbortController();
  #poller: Poller | undefined;
  #closing = false;

  constructor(settings: SourceSettings) {
    const { options, log, timing, credentials } = settings;
    this.#settings = settings;
    this.#hostname = options.hostname ?? hostname();
    this.slots = options.concurrency;
    this.client = new CoordinatorClient({ url: options.url, requestMs: timing.requestMs, credentials, log });
    const { client } = this;
    const attempts = options.registrationAttempts;
    this.#registration = new Registration({ client, log, timing, attempts, payload: () => this.#payload() });
    const registration = this.#registration;
    this.#delivery = new Delivery({ client, registration, log, runner: () => this.#binding() });
    const { staleMs } = timing;
    this.heartbeat = new Heartbeat({ client, registration, staleMs, everySeconds: options.heartbeatIntervalSeconds });
  }

  /** Resolves at the drain, or when the coordinator has deregistered this runner. Rejects when it refuses to register it. */
  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    const leasing = AbortSignal.any([signal, this.#deregistered.signal]);
    if (!(await this.#registration.first(leasing))) return;
    const { client } = this;
    const { log, timing, options } = this.#settings;
    const registration = this.#registration;
    const shared = { client, registration, log, feed };
    const stopWatch = new StopWatch({ ...shared, everyMs: timing.stopCheckMs });
    const isOwed = (session: string) => [...this.#owed.values()].includes(session);
    const stops = new Stops({ ...shared, isOwed, signal: this.#closed.signal });
    const handle = (body: string, slot: Slot) => this.#handle(body, slot, feed, stops);
    this.#poller = new Poller({ ...shared, timing, stopWatch, handle, pollTimeoutSeconds: options.pollTimeoutSeconds });
    await this.#poller.run(leasing);
    if (signal.aborted) void stopWatch.until(this.#closed.signal);
  }

  /** Tapped on `onLease`: turns away what is not meant for this runner, and tells children where the coordinator is. */
  admit(run: Pick<Run, "id" | "source" | "env">): Refusal | undefined {
    if (run.source !== this.name) return undefined;
    const unfit = this.#unfit.get(run.id);
    if (unfit !== undefined) return refuse(unfit);
    run.env["AGENT_ORCHESTRATOR_API_URL"] = this.client.url;
    return undefined;
  }

  reports(moment: RunMoment, run: Pick<Run, "session">): readonly JsonObject[] {
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

  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    const poller = this.#poller ?? { open: 0, idle: async () => {} };
    await sayFarewell(
      { client: this.client, registration: this.#registration, poller, log: this.#settings.log },
      signal,
    );
    this.#registration.withdraw();
    this.#closed.abort();
  }

  /** Takes what a poll brought. Answers whether any of it made sense. */
  async #handle(body: string, slot: Slot, feed: Feed, stops: Stops): Promise<boolean> {
    const answer = readPollAnswer(body);
    for (const problem of answer.problems)
      this.#settings.log.error({ problem }, "the coordinator answered a poll with something that makes no sense");
    if (answer.deregistered) {
      slot.release();
      this.#leave(feed);
      return true;
    }
    void stops.stop(answer.stopSessions);
    this.#tellOfScripts(answer);
    const lease = this.#leaseIn(answer);
    if (lease) await this.#offer(lease, slot, feed);
    else slot.release();
    return answer.problems.length === 0 || lease !== undefined;
  }

  #leaseIn({ run, brokenRun }: PollAnswer): Lease | undefined {
    if (run) return leaseOf(run, this.#profile());
    return brokenRun && { run: unfitRun(brokenRun), unfit: brokenRun.problem };
  }

  async #offer({ run, unfit }: Lease, slot: Slot, feed: Feed): Promise<void> {
    const ref = { run: run.id, session: run.session.id };
    if (this.#closing) {
      slot.release();
      return this.#refuse(ref, "the runner is shutting down and takes no more runs");
    }
    this.#owed.set(ref.run, ref.session);
    if (unfit !== undefined) this.#unfit.set(ref.run, unfit);
    try {
      feed.offer({ ref, run }, slot);
    } catch (thrown) {
      slot.release();
      this.release(ref);
      this.#settings.log.error({ err: thrown, run_id: ref.run }, "a run could not be taken");
      await this.#refuse(ref, thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  /** Settles a run that the core does not have. Nothing is kept of it, so a few attempts must do. */
  async #refuse(ref: RunRef, error: string): Promise<void> {
    const backoff = new Backoff(this.#settings.timing);
    let uncertain = false;
    for (let number = 1; number <= REFUSAL_ATTEMPTS && !this.#closed.signal.aborted; number++) {
      const attempt = { number, uncertain, signal: this.#closed.signal };
      const answer = await this.#delivery.deliver(ref, { type: "failed", error }, attempt);
      if (answer === "accepted" || answer === "gone") return;
      uncertain ||= answer === "unknown";
      await pause(backoff.next(), this.#closed.signal);
    }
    this.#settings.log.error({ run_id: ref.run }, "a run was neither executed nor could its refusal be reported");
  }

  /** Deregistered from outside: the work stops, what is owed is kept, and the runner ends. */
  #leave(feed: Feed): void {
    this.#registration.withdraw();
    this.#deregistered.abort();
    if (this.#closing) return;
    this.#settings.log.warn("the coordinator has deregistered this runner; stopping all of its runs");
    void feed
      .stop({ all: true }, { message: "the coordinator has deregistered this runner" })
      .catch((err: unknown) => this.#settings.log.warn({ err }, "runs could not be stopped"));
  }

  #tellOfScripts({ syncScripts, removeScripts }: PollAnswer): void {
    if (syncScripts.length + removeScripts.length === 0) return;
    this.#settings.log.info({ sync: syncScripts, remove: removeScripts }, "scripts changed; this runner keeps none");
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
