import type { Feed, Logger } from "leasehold";
import { Backoff, pause } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import type { Unanswered } from "./exchange.ts";
import { type Gained, Held, Registrar } from "./registrar.ts";
import type { Registered } from "./registration-answer.ts";
import { RegistrationNote } from "./registration-note.ts";
import type { RegistrationPayload } from "./registration-payload.ts";
import { Tenure } from "./tenure.ts";
import { contestedMs, type Timing } from "./timing.ts";

export interface RegistrationSettings {
  readonly client: CoordinatorClient;
  readonly log: Logger;
  readonly timing: Timing;
  readonly payload: () => RegistrationPayload;
  /** Called after every registration. */
  readonly onRegistered?: () => void;
  /** Called whenever it was found that the registration is ours. */
  readonly onConfirmed?: () => void;
  /** Attempts to reach the coordinator at the start; no limit when absent. */
  readonly attempts?: number | undefined;
}

/** What of a feed a registration uses. */
export type RegistrationFeed = Pick<Feed, "remember" | "recall" | "flush">;

/** Keeps this runner registered: once at the start, again whenever the coordinator has forgotten it, and never in a twin's place. */
export class Registration {
  readonly tenure = new Tenure();
  readonly note: RegistrationNote;
  readonly #settings: RegistrationSettings;
  readonly #registrar: Registrar;
  readonly #life = new AbortController();
  #feed: RegistrationFeed | undefined;
  #current: Registered | undefined;
  #pending: Promise<Registered | undefined> | undefined;
  #withdrawn = false;
  #superseded = false;
  /** Whether the id was a twin's last: its polls may be under way when it is ours. */
  #wasATwins = false;
  /** When the last heartbeat or registration that was confirmed was sent, by the monotonic clock. */
  #confirmedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: RegistrationSettings) {
    const { client, log, payload, timing } = settings;
    this.#settings = settings;
    this.note = new RegistrationNote(client.url, log);
    const flush = async (signal: AbortSignal) => (await this.#feed?.flush(signal)) ?? 0;
    const { signal: life } = this.#life;
    const { note, tenure } = this;
    this.#registrar = new Registrar({ client, log, timing, payload, note, tenure, flush, life });
  }

  /** The registration that requests are made under; none before the first, or after the withdrawal. */
  get current(): Registered | undefined {
    return this.#withdrawn ? undefined : this.#current;
  }

  /** What reports go under: before the first registration that of a predecessor, which the coordinator may still know. */
  get reportsUnder(): Registered | undefined {
    return this.#withdrawn ? undefined : (this.#current ?? this.note.registered);
  }

  get isWithdrawn(): boolean {
    return this.#withdrawn;
  }

  /** Whether a twin is registered in our place: then nothing must be leased, and it must not be kept alive. */
  get isSuperseded(): boolean {
    return this.#superseded;
  }

  /** Whether it is being found out whose the registration is. */
  get isInQuestion(): boolean {
    return this.#superseded || this.#pending !== undefined;
  }

  /** Milliseconds since the coordinator last confirmed that it knows this runner to be alive. */
  get silentMs(): number {
    return performance.now() - this.#confirmedAt;
  }

  /**
   * Registers, for as long as it takes; nothing when `signal` was aborted first, though a request that is under way is waited
   * for, until the withdrawal. Where a registration of this runner, or of a predecessor with the same journal, is found online,
   * it goes on under that; while another runner is in the way, it waits.
   * Rejects with `RegistrationRefused`, and when the attempts are used up.
   */
  async first(signal: AbortSignal, feed?: RegistrationFeed): Promise<Registered | undefined> {
    this.#feed = feed;
    if (feed) await this.note.keepIn(feed);
    const any = AbortSignal.any([signal, this.#life.signal]);
    return this.#persist((now) => this.#registrar.register(now), any, this.#settings.attempts);
  }

  /**
   * Registers anew after a request under `stale` was answered "not registered". Concurrent callers share one request; while a
   * twin is in the way, they wait. Nothing after a withdrawal. Rejects with `RegistrationRefused`.
   */
  async renew(stale: Registered): Promise<Registered | undefined> {
    if (this.#withdrawn || this.#current !== stale) return this.current;
    if (!this.#pending) this.#lost(stale);
    return this.#shared((signal) => this.#registrar.register(signal));
  }

  /** Finds out whether the registration is still ours, and sees to it that it becomes so again. As `renew`. */
  async verify(): Promise<Registered | undefined> {
    const current = this.current;
    if (!current) return undefined;
    return this.#shared((signal) => this.#registrar.verify(current, signal));
  }

  /** The coordinator took a heartbeat that was sent then, by the monotonic clock. */
  confirmed(sentAt: number): void {
    this.#confirmedAt = Math.max(this.#confirmedAt, sentAt);
    this.tenure.seen(sentAt);
  }

  /** A twin has our id, since that moment of the monotonic clock at the earliest. */
  takenOver(at: number): void {
    this.#wasATwins = true;
    this.tenure.end(at);
  }

  /** The coordinator knows that this runner is gone: nobody is to go on under its id. */
  async ended(): Promise<void> {
    await this.note.strike();
  }

  /** From now on this runner counts as deregistered, and stays so. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#life.abort();
  }

  #lost({ runnerId }: Registered): void {
    this.tenure.end();
    this.#settings.log.warn({ runner_id: runnerId }, "the coordinator has forgotten this runner; registering anew");
  }

  async #shared(attempt: Attempt): Promise<Registered | undefined> {
    this.#pending ??= this.#persist(attempt, this.#life.signal).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #persist(attempt: Attempt, signal: AbortSignal, attempts?: number): Promise<Registered | undefined> {
    const backoff = new Backoff(this.#settings.timing);
    while (!signal.aborted) {
      const answer = await attempt(signal);
      if ("registered" in answer) return this.#gain(answer);
      if (signal.aborted) break;
      if (answer instanceof Held) this.#supersede(answer);
      await this.#retryAfter(answer, backoff, signal, attempts);
    }
    return undefined;
  }

  async #gain(gained: Gained): Promise<Registered> {
    const { registered, how, at, since, dated } = gained;
    const { log, client, onRegistered, onConfirmed } = this.#settings;
    const first = this.#current === undefined;
    const from = this.#certainFrom(gained);
    if (how === "registered") {
      this.tenure.end();
      await this.note.keep(registered, dated === undefined ? undefined : dated + from - since);
      log.info({ runner_id: registered.runnerId }, `registered at ${client.url}`);
    } else if (this.note.registered?.runnerId !== registered.runnerId)
      await this.note.keep(registered, this.note.since);
    if (how === "kept" && first)
      log.warn({ runner_id: registered.runnerId }, "this runner is registered already; going on under its id");
    const kept = how === "kept" && this.#current?.runnerId === registered.runnerId;
    if (!kept) this.#current = registered;
    this.#superseded = false;
    this.tenure.begin(from);
    this.tenure.shown(at);
    this.confirmed(at);
    if (how === "registered" || first) onRegistered?.();
    onConfirmed?.();
    return this.#current as Registered;
  }

  /** Since when nobody else can have claimed anything under the id; a date that was noted says just that. */
  #certainFrom({ registered, how, since }: Gained): number {
    const isDated = how === "kept" && this.note.since !== undefined;
    if (!this.#wasATwins || isDated) return since;
    this.#wasATwins = false;
    return performance.now() + contestedMs(this.#settings.timing, registered.pollTimeoutSeconds);
  }

  /** Only what was ours can be lost: at the start another runner is no twin in our place yet. */
  #supersede({ takenAt }: Held): void {
    if (takenAt === undefined) this.tenure.end();
    else this.takenOver(takenAt);
    if (this.#current) this.#superseded = true;
  }

  async #retryAfter(problem: Unanswered, backoff: Backoff, signal: AbortSignal, attempts?: number): Promise<void> {
    const { log } = this.#settings;
    const delayMs = backoff.next();
    if (attempts !== undefined && backoff.failures >= attempts)
      throw new Error(`gave up registering after ${attempts} attempts: ${problem.message}`, { cause: problem });
    const waiting = problem instanceof Held ? "waiting, since" : "the coordinator is not available, trying again:";
    if (backoff.loud) log.warn({ attempt: backoff.failures }, `${waiting} ${problem.message}`);
    await pause(delayMs, signal);
  }
}

type Attempt = (signal: AbortSignal) => Promise<Gained | Unanswered>;
