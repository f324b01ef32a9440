import type { Feed, JsonObject, Logger } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { type Reply, Unanswered } from "./exchange.ts";
import { describeReply, isAcknowledged, isNotRegistered, isSuccess, refusesCredentials } from "./judgement.ts";
import {
  adviceFor,
  collidingRunner,
  duplicateId,
  isHeld,
  type Registered,
  readRegistered,
  registeredAs,
  unreadable,
} from "./registration-answer.ts";
import type { RegistrationNote } from "./registration-note.ts";
import type { RegistrationPayload } from "./registration-payload.ts";
import { INSTANCE, type RosterEntry, rosterEntry } from "./roster.ts";
import type { Tenure } from "./tenure.ts";
import { contestedMs, type Timing } from "./timing.ts";

/** The coordinator will not have this runner, and repeating the request will not change that. */
class RegistrationRefused extends Error {
  override readonly name = "RegistrationRefused";
}

/** Another runner has our identity or one of our agents; it may end, or be forgotten. */
export class Held extends Unanswered {
  /** Since when a twin has our id at the earliest, by the monotonic clock; nothing where it is no twin. */
  readonly takenAt: number | undefined;

  constructor(message: string, takenAt?: number) {
    super(message, false);
    this.takenAt = takenAt;
  }
}

/** Work waits for it, and can do without. */
const DATING_MS = 2_000;

/** The id is ours. */
export interface Gained {
  readonly registered: Registered;
  /** Whether the coordinator has just registered us, or had done so before. */
  readonly how: "registered" | "kept";
  /** When what it was found by was sent, and since when it is ours; milliseconds of the monotonic clock. */
  readonly at: number;
  readonly since: number;
  /** The same by the coordinator's clock, where that is known; milliseconds since the epoch. */
  readonly dated?: number | undefined;
}

export interface RegistrarSettings {
  readonly client: CoordinatorClient;
  readonly log: Logger;
  readonly note: RegistrationNote;
  readonly tenure: Pick<Tenure, "end">;
  readonly payload: () => RegistrationPayload;
  readonly timing: Timing;
  /** What a predecessor owes is delivered before its id goes. */
  readonly flush: Feed["flush"];
  /** A registration that was sent is waited for until then: who does not know its answer cannot deregister. */
  readonly life: AbortSignal;
}

/**
 * Registers, one attempt at a time. Two runners of one identity have one id, and the coordinator asks nobody who uses it for
 * anything; what tells them apart is the instance, which each puts into its registration and reads again in the list of runners.
 */
export class Registrar {
  readonly #settings: RegistrarSettings;
  /** Set once we were registered: from then on a passing refusal must not end what is running. */
  #established = false;

  constructor(settings: RegistrarSettings) {
    this.#settings = settings;
  }

  /** Asks to be registered. Answers why not, where that may pass; rejects with `RegistrationRefused`. */
  async register(signal: AbortSignal): Promise<Gained | Unanswered> {
    return this.#orUnanswered(async () => {
      const { note, tenure } = this.#settings;
      const { since } = note;
      // Whatever becomes of the answer, from now on it is not certain that what stood before still stands: the id may have been a
      // twin's meanwhile, and will look like ours again before we know of it.
      tenure.end();
      if (since !== undefined) await note.keep(note.registered);
      const sentAt = performance.now();
      const reply = await this.#post();
      const duplicate = duplicateId(reply);
      if (duplicate !== undefined) {
        if (since !== undefined) await note.keep(note.registered, since);
        return this.#compare(duplicate, reply, signal);
      }
      await this.#dismissPredecessor(reply, signal);
      const judged = this.#judge(reply, sentAt);
      return "registered" in judged ? this.#dated(judged, signal) : judged;
    });
  }

  /** Finds out whether a registration is still ours, and registers anew where it is nobody's any more. As `register`. */
  async verify(registered: Registered, signal: AbortSignal): Promise<Gained | Unanswered> {
    return this.#orUnanswered(async () => {
      const entry = await rosterEntry(this.#settings.client, registered.runnerId, signal);
      if (entry?.status === "online") return this.#compare(registered.runnerId, undefined, signal);
      return this.register(signal);
    });
  }

  /**
   * Whether somebody registered under an id is us. If so a heartbeat keeps it ours, and only what is ours after that counts: it
   * may have been taken for stale, and passed to a twin, at any moment before.
   */
  async #compare(runnerId: string, reply: Reply | undefined, signal: AbortSignal): Promise<Gained | Unanswered> {
    const { client, note } = this.#settings;
    const before = await rosterEntry(client, runnerId, signal);
    if (before?.instance !== note.instance) return this.#heldBy(runnerId, before, reply);
    const beatAt = performance.now();
    const beat = await client.send("POST", "/runner/heartbeat", {
      body: JSON.stringify({ runner_id: runnerId }),
      signal,
      repeatable: true,
    });
    if (!isAcknowledged(beat))
      return new Unanswered(`${client.url} answered ${describeReply(beat)} to a heartbeat`, !isNotRegistered(beat));
    const entry = await rosterEntry(client, runnerId, signal);
    if (entry?.instance !== note.instance) return this.#heldBy(runnerId, entry, reply);
    const registered = note.registered?.runnerId === runnerId ? note.registered : registeredAs(runnerId);
    // What was noted may be still to come, but no later than this: beyond it the coordinator's clock was set back.
    const earliestMs = -contestedMs(this.#settings.timing, registered.pollTimeoutSeconds);
    const isKnown = note.since !== undefined && entry.now !== undefined;
    const sinceMs = isKnown ? Math.max(earliestMs, entry.now - note.since) : 0;
    return { registered, how: "kept", at: beatAt, since: beatAt - sinceMs };
  }

  #heldBy(runnerId: string, twin: RosterEntry | undefined, reply: Reply | undefined): Held {
    const { url } = this.#settings.client;
    if (reply) return this.#held(reply, twin?.registeredAt);
    return new Held(
      `another runner with this host name, project directory, profile and command is registered at ${url} as ${runnerId}`,
      twin?.registeredAt,
    );
  }

  #held(reply: Reply, takenAt?: number): Held {
    const { url } = this.#settings.client;
    return new Held(`${url} refused the registration (${describeReply(reply)}). ${adviceFor(reply)}`, takenAt);
  }

  async #post(): Promise<Reply> {
    const { client, payload, note, life: signal } = this.#settings;
    const said = payload();
    const executor: JsonObject = { ...(said["executor"] as JsonObject | undefined), [INSTANCE]: note.instance };
    return client.send("POST", "/runner/register", { body: JSON.stringify({ ...said, executor }), signal });
  }

  #judge(reply: Reply, sentAt: number): Gained | Unanswered {
    const { client } = this.#settings;
    if (isSuccess(reply)) return this.#gained(reply, sentAt);
    if (reply.status >= 500 || [408, 425, 429].includes(reply.status))
      return new Unanswered(
        `POST ${client.url}/runner/register answered ${describeReply(reply)}`,
        reply.status !== 503,
      );
    // The coordinator cannot fetch its keys, say.
    if (this.#established && refusesCredentials(reply))
      return new Unanswered(`${client.url} refused our credentials (${describeReply(reply)})`, false);
    if (isHeld(reply)) return this.#held(reply);
    throw new RegistrationRefused(
      `${client.url} refused the registration (${describeReply(reply)}). ${adviceFor(reply)}`,
    );
  }

  #gained(reply: Reply, at: number): Gained | Unanswered {
    const registered = readRegistered(reply);
    if (!registered) return unreadable(this.#settings.client.url, reply);
    this.#established = true;
    return { registered, how: "registered", at, since: at };
  }

  /** Before the first poll: what that claims, a successor must be able to tell from what a twin had before. */
  async #dated(gained: Gained, signal: AbortSignal): Promise<Gained> {
    const sentAt = performance.now();
    const { client } = this.#settings;
    const soon = AbortSignal.any([signal, AbortSignal.timeout(DATING_MS)]);
    const entry = await rosterEntry(client, gained.registered.runnerId, soon).catch(() => undefined);
    if (entry?.now === undefined || entry.instance !== this.#settings.note.instance) return gained;
    return { ...gained, dated: entry.now - (sentAt - gained.since) };
  }

  /**
   * An agent's holder that a predecessor of this process registered, under another identity, is nobody any more. What is owed
   * under its id goes first, for the coordinator fails whatever is open of a runner that goes.
   */
  async #dismissPredecessor(reply: Reply, signal: AbortSignal): Promise<void> {
    const { client, note, log, flush, timing } = this.#settings;
    const runnerId = collidingRunner(reply);
    if (runnerId === undefined || runnerId !== note.registered?.runnerId) return;
    const left = await flush(AbortSignal.any([signal, AbortSignal.timeout(timing.flushMs)]));
    if (left > 0)
      log.warn({ runner_id: runnerId, left }, "what a predecessor owes could not be delivered under its id");
    const path = `/runners/${encodeURIComponent(runnerId)}?self=true`;
    const answer = await client.send("DELETE", path, { signal, repeatable: true });
    if (!isAcknowledged(answer) && answer.status !== 404) return;
    log.warn({ runner_id: runnerId }, "deregistered a predecessor of this process, which died registered");
    await note.keep(undefined);
  }

  async #orUnanswered(attempt: () => Promise<Gained | Unanswered>): Promise<Gained | Unanswered> {
    try {
      return await attempt();
    } catch (thrown) {
      if (thrown instanceof Unanswered) return thrown;
      throw thrown;
    }
  }
}
