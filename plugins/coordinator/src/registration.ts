import type { Feed, Logger } from "leasehold";
import { Backoff, pause } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { type Reply, Unanswered } from "./exchange.ts";
import { describeReply, isSuccess, refusesCredentials } from "./judgement.ts";
import {
  adviceFor,
  collidingRunner,
  isHeld,
  ownDuplicate,
  type Registered,
  readRegistered,
  unreadable,
} from "./registration-answer.ts";
import { RegistrationNote } from "./registration-note.ts";
import type { RegistrationPayload } from "./registration-payload.ts";
import type { Timing } from "./timing.ts";

/** The coordinator will not have this runner, and repeating the request will not change that. */
class RegistrationRefused extends Error {
  override readonly name = "RegistrationRefused";
}

/** Another runner has our identity or one of our agents; it may end, or be forgotten. */
class Held extends Unanswered {}

export interface RegistrationSettings {
  readonly client: CoordinatorClient;
  readonly log: Logger;
  readonly timing: Timing;
  readonly payload: () => RegistrationPayload;
  /** Called after every registration. */
  readonly onRegistered?: () => void;
  /** Attempts to reach the coordinator; no limit when absent. */
  readonly attempts?: number | undefined;
}

/** Keeps this runner registered: once at the start, and again whenever the coordinator has forgotten it. */
export class Registration {
  readonly #settings: RegistrationSettings;
  readonly #life = new AbortController();
  readonly #note: RegistrationNote;
  #current: Registered | undefined;
  #pending: Promise<Registered | undefined> | undefined;
  #withdrawn = false;

  constructor(settings: RegistrationSettings) {
    this.#settings = settings;
    this.#note = new RegistrationNote(settings.client.url, settings.log);
  }

  /** The registration that requests are made under; none before the first, or after the withdrawal. */
  get current(): Registered | undefined {
    return this.#withdrawn ? undefined : this.#current;
  }

  /**
   * Registers, for as long as it takes; nothing when `signal` was aborted first. Where the journal knows that a predecessor
   * of this process registered the id that the coordinator takes for online, this one goes on under it; while another
   * runner is in the way, it waits.
   * Rejects with `RegistrationRefused`, and when the attempts are used up.
   */
  async first(signal: AbortSignal, journal?: Pick<Feed, "remember" | "recall">): Promise<Registered | undefined> {
    if (journal) this.#note.keepIn(journal);
    return this.#register(AbortSignal.any([signal, this.#life.signal]), { known: false, waits: true });
  }

  /**
   * Registers anew after a request under `stale` was answered "not registered". Concurrent callers share one request.
   * Nothing after a withdrawal. Rejects as `first` does.
   */
  async renew(stale: Registered): Promise<Registered | undefined> {
    if (this.#withdrawn || this.#current !== stale) return this.current;
    this.#settings.log.warn(
      { runner_id: stale.runnerId },
      "the coordinator has forgotten this runner; registering anew",
    );
    return this.#shared(false);
  }

  /** Registers although the coordinator may still know us: it takes a stale runner's heartbeats but leaves it stale. */
  async refresh(): Promise<void> {
    if (!this.#withdrawn) await this.#shared(true);
  }

  /** The coordinator knows that this runner is gone: nobody is to go on under its id. */
  async ended(): Promise<void> {
    await this.#note.keep(undefined);
  }

  /** From now on this runner counts as deregistered, and stays so. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#life.abort();
  }

  async #shared(known: boolean): Promise<Registered | undefined> {
    this.#pending ??= this.#register(this.#life.signal, { known, waits: false }).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** `known`: a duplicate may be ourselves. `waits`: one that is not is waited for. */
  async #register(
    signal: AbortSignal,
    { known, waits }: { readonly known: boolean; readonly waits: boolean },
  ): Promise<Registered | undefined> {
    const backoff = new Backoff(this.#settings.timing);
    let mayBeOurs = known;
    while (!signal.aborted) {
      const problem = await this.#attempt(mayBeOurs, signal);
      if (problem === undefined) return this.current;
      if (signal.aborted) break;
      if (problem instanceof Held && !waits) throw new RegistrationRefused(problem.message);
      mayBeOurs ||= problem.sent;
      await this.#retryAfter(problem, backoff, signal);
    }
    return undefined;
  }

  /** One request; answers why it came to nothing, if it did. */
  async #attempt(mayBeOurs: boolean, signal: AbortSignal): Promise<Unanswered | undefined> {
    const { client, log } = this.#settings;
    try {
      const body = JSON.stringify(this.#settings.payload());
      const reply = await client.send("POST", "/runner/register", { body, signal });
      await this.#dismissPredecessor(reply, signal);
      const registered = this.#judge(reply, mayBeOurs);
      if (registered instanceof Unanswered) return registered;
      this.#current = registered;
      await this.#note.keep(registered);
      log.info({ runner_id: registered.runnerId }, `registered at ${client.url}`);
      this.#settings.onRegistered?.();
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Unanswered) return thrown;
      throw thrown;
    }
  }

  #judge(reply: Reply, mayBeOurs: boolean): Registered | Unanswered {
    const { client } = this.#settings;
    if (isSuccess(reply)) return readRegistered(reply) ?? unreadable(client.url, reply);
    if (reply.status >= 500 || [408, 425, 429].includes(reply.status))
      return new Unanswered(
        `POST ${client.url}/runner/register answered ${describeReply(reply)}`,
        reply.status !== 503,
      );
    // Once registered, a passing refusal (the coordinator cannot fetch its keys, say) must not end what is running.
    if (this.#current && refusesCredentials(reply))
      return new Unanswered(`${client.url} refused our credentials (${describeReply(reply)})`, false);
    const ours = this.#ownDuplicate(reply, mayBeOurs);
    if (ours) return ours;
    const refusal = `${client.url} refused the registration (${describeReply(reply)}). ${adviceFor(reply)}`;
    if (isHeld(reply)) return new Held(refusal, false);
    throw new RegistrationRefused(refusal);
  }

  /** An agent's holder that a predecessor of this process registered, under another identity, is nobody any more. */
  async #dismissPredecessor(reply: Reply, signal: AbortSignal): Promise<void> {
    const runnerId = collidingRunner(reply);
    if (runnerId === undefined || runnerId !== this.#note.read()?.runnerId) return;
    const path = `/runners/${encodeURIComponent(runnerId)}?self=true`;
    const answer = await this.#settings.client.send("DELETE", path, { signal, repeatable: true });
    if (!isSuccess(answer)) return;
    this.#settings.log.warn(
      { runner_id: runnerId },
      "deregistered a predecessor of this process, which died registered",
    );
    await this.#note.keep(undefined);
  }

  #ownDuplicate(reply: Reply, mayBeOurs: boolean): Registered | undefined {
    const noted = this.#note.read();
    const duplicate = ownDuplicate(reply, this.#current ?? noted);
    if (duplicate === undefined || mayBeOurs) return duplicate;
    if (noted?.runnerId !== duplicate.runnerId) return undefined;
    const { runnerId } = duplicate;
    this.#settings.log.warn(
      { runner_id: runnerId },
      "a predecessor of this process died registered; going on under its id",
    );
    return duplicate;
  }

  async #retryAfter(problem: Unanswered, backoff: Backoff, signal: AbortSignal): Promise<void> {
    const { attempts, log } = this.#settings;
    const delayMs = backoff.next();
    if (attempts !== undefined && backoff.failures >= attempts)
      throw new Error(`gave up registering after ${attempts} attempts: ${problem.message}`, { cause: problem });
    const waiting = problem instanceof Held ? "waiting, since" : "the coordinator is not available, trying again:";
    if (backoff.loud) log.warn({ attempt: backoff.failures }, `${waiting} ${problem.message}`);
    await pause(delayMs, signal);
  }
}
