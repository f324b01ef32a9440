import type { Feed, Logger, Slot } from "leasehold";
import { Backoff, isPowerOfTwo, pause, unlessAborted } from "./backoff.ts";
import type { CoordinatorClient } from "./client.ts";
import { describeReply, isNotRegistered } from "./judgement.ts";
import { OpenPoll, OpenPolls, type PollEnd } from "./open-polls.ts";
import { Pace } from "./pace.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";
import type { StopWatch } from "./stop-watch.ts";
import type { Timing } from "./timing.ts";

/** One late poll and one beside it. */
const USUALLY_OPEN = 2;
/** Where the coordinator answers other requests, late polls may hang at connections that are dead. More would only be more ghosts. */
const MAX_OPEN = 4;

export interface PollerSettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  readonly log: Logger;
  readonly timing: Timing;
  readonly feed: Feed;
  readonly stopWatch: StopWatch;
  /** The option; the coordinator's own time counts when it is longer. */
  readonly pollTimeoutSeconds: number;
  /**
   * Takes the body of a 200 and the slot that the poll has left, which it owns from then on. Never rejects; answers whether the
   * body told something new, nothing new, or made no sense.
   */
  readonly handle: (body: string, slot: Slot | undefined) => Promise<"news" | "nothing" | "failed">;
  /** Called when a poll was answered, with the moment at which that was. */
  readonly onHeard?: (at: number) => void;
  /** Called when a poll came to nothing: its answer may have held a run. */
  readonly onLost?: () => void;
}

/** Asks the coordinator for work: one poll at a time, and others beside late ones. */
export class Poller {
  readonly #settings: PollerSettings;
  readonly #polls = new OpenPolls();
  readonly #pace: Pace;
  readonly #backoff: Backoff;
  /** Whether the registration may have passed to somebody else meanwhile. */
  #inDoubt = false;
  #watchedAt = performance.now();
  /** Polls in a row that were answered "not registered"; from the second on registering anew did not help. */
  #forgotten = 0;

  constructor(settings: PollerSettings) {
    this.#settings = settings;
    this.#pace = new Pace(settings.timing.hastyMs);
    this.#backoff = new Backoff(settings.timing);
  }

  get open(): number {
    return this.#polls.size;
  }

  /** Settles when no poll is open. */
  idle(): Promise<void> {
    return this.#polls.before(Number.POSITIVE_INFINITY);
  }

  /** Settles when every poll has ended that was opened before that moment of the monotonic clock. */
  endedBefore(at: number): Promise<void> {
    return this.#polls.before(at);
  }

  /**
   * Polls until `signal` is aborted; a poll that is open then goes on, because its answer would be lost otherwise.
   * Rejects only when the runner has to register anew and is refused.
   */
  async run(signal: AbortSignal): Promise<void> {
    let lent: Slot | undefined;
    while (!signal.aborted) {
      const slot = lent ?? (await this.#slot(signal));
      lent = undefined;
      const registered = slot && (await this.#assured(signal));
      if (!registered || !slot || signal.aborted) return slot?.release();
      const poll = new OpenPoll(slot, (opened) => this.#exchange(registered, opened));
      this.#polls.add(poll);
      const end = await this.#untilLate(poll, registered, signal);
      if (end === "late") lent = poll.takeSlot();
      else if (end) await this.#follow(end, poll, registered, signal);
    }
    lent?.release();
  }

  /** A slot, when it is time for another poll. Nothing when `signal` is aborted. */
  async #slot(signal: AbortSignal): Promise<Slot | undefined> {
    const { feed, stopWatch } = this.#settings;
    const free = feed.trySlot();
    if (free) return free;
    try {
      return await stopWatch.during(feed.slot(signal));
    } catch (thrown) {
      if (signal.aborted) return undefined;
      throw thrown;
    }
  }

  /** The registration, when it is certainly ours and another poll may be opened. Nothing when `signal` is aborted, or after a withdrawal. */
  async #assured(signal: AbortSignal): Promise<Registered | undefined> {
    const { registration, stopWatch } = this.#settings;
    await this.#roomForOne(signal);
    const { current } = registration;
    if (!current || signal.aborted) return undefined;
    if (!this.#isInDoubt(current)) return current;
    this.#inDoubt = false;
    return stopWatch.during(unlessAborted(registration.verify(), signal));
  }

  #isInDoubt(current: Registered): boolean {
    const { registration, timing } = this.#settings;
    if (this.#inDoubt || registration.isInQuestion || registration.silentMs >= this.#freshMs(current)) return true;
    return this.open === 0 && performance.now() - this.#watchedAt > timing.unwatchedMs;
  }

  /** More than the usual polls are opened only while the coordinator answers something else. */
  async #roomForOne(signal: AbortSignal): Promise<void> {
    const { stopWatch, registration, timing } = this.#settings;
    if (this.open >= MAX_OPEN) await stopWatch.during(unlessAborted(this.#polls.one(), signal));
    if (this.open < USUALLY_OPEN || signal.aborted) return;
    const ended = new AbortController();
    const waited = pause(timing.backoffCapMs, AbortSignal.any([signal, ended.signal]));
    await stopWatch.during(unlessAborted(Promise.race([waited, this.#polls.one()]), signal));
    ended.abort();
    if (this.open >= USUALLY_OPEN && !signal.aborted)
      await stopWatch.during(unlessAborted(registration.verify(), signal));
  }

  /**
   * How long a poll may be opened after the last confirmed heartbeat: while the poll lasts, nobody is to take this runner for
   * stale, and its place. The coordinator's threshold is twice its heartbeat interval by default (protocol §2.8).
   */
  #freshMs(registered: Registered): number {
    const { staleMs } = this.#settings.timing;
    const stale = Math.min(staleMs, 1_900 * (registered.heartbeatSeconds ?? Number.POSITIVE_INFINITY));
    return Math.max(stale / 2, stale - this.#pollMs(registered));
  }

  #pollMs({ pollTimeoutSeconds = 0 }: Registered): number {
    return Math.max(this.#settings.pollTimeoutSeconds, pollTimeoutSeconds) * 1_000;
  }

  async #untilLate(poll: OpenPoll, registered: Registered, signal: AbortSignal): Promise<PollEnd | "late" | undefined> {
    const { log, timing } = this.#settings;
    const afterMs = this.#pollMs(registered) + timing.lateMs;
    const ended = new AbortController();
    const late = pause(afterMs, AbortSignal.any([signal, ended.signal])).then(() => "late" as const);
    const end = await Promise.race([poll.end, late]).finally(() => ended.abort());
    if (end !== "late") return end;
    if (signal.aborted) return undefined;
    log.warn({ seconds: afterMs / 1_000 }, "a poll is late; it stays open, another one is opened beside it");
    return "late";
  }

  async #follow(end: PollEnd, poll: OpenPoll, registered: Registered, signal: AbortSignal): Promise<void> {
    this.#forgotten = end === "unregistered" ? this.#forgotten + 1 : 0;
    if (end === "unregistered") return this.#registerAnew(registered, signal);
    if (end === "failed") {
      // A stop that the poll should have brought is lost, for it is delivered at most once (protocol §2.3).
      void this.#settings.stopWatch.look(signal);
      return pause(this.#backoff.next(), signal);
    }
    this.#backoff.reset();
    const waitMs = this.#pace.after(performance.now() - poll.openedAt, end === "news");
    if (waitMs > 0) await pause(waitMs, signal);
  }

  async #registerAnew(registered: Registered, signal: AbortSignal): Promise<void> {
    await this.#settings.stopWatch.during(unlessAborted(this.#settings.registration.renew(registered), signal));
    if (this.#forgotten > 1) await pause(this.#backoff.next(), signal);
  }

  /** One poll from request to handled answer. Never rejects, whatever was answered. */
  async #exchange(registered: Registered, poll: OpenPoll): Promise<PollEnd> {
    try {
      return await this.#ask(registered, poll);
    } catch (thrown) {
      const isBroken = performance.now() - poll.openedAt < this.#settings.timing.abandonMs;
      if (isBroken) this.#settings.registration.tenure.seen(performance.now());
      return this.#failed(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      poll.takeSlot()?.release();
      this.#watchedAt = performance.now();
    }
  }

  async #ask(registered: Registered, poll: OpenPoll): Promise<PollEnd> {
    const { client, handle, timing, onHeard } = this.#settings;
    const path = `${registered.pollPath}?runner_id=${encodeURIComponent(registered.runnerId)}`;
    const reply = await client.send("GET", path, { timeoutMs: timing.abandonMs });
    if (reply.status === 200 || reply.status === 204) onHeard?.(performance.now());
    if (reply.status === 204) return "nothing";
    if (isNotRegistered(reply)) return "unregistered";
    if (reply.status !== 200)
      return this.#failed(`GET ${client.url}${registered.pollPath} answered ${describeReply(reply)}`);
    const taken = await handle(reply.body, poll.takeSlot());
    return taken === "failed" ? this.#failed("its answer made no sense") : taken;
  }

  #failed(problem: string): PollEnd {
    const { log, onLost } = this.#settings;
    this.#inDoubt = true;
    onLost?.();
    const failures = this.#backoff.failures + 1;
    if (isPowerOfTwo(failures)) log.warn({ failures }, `polling failed: ${problem}`);
    return "failed";
  }
}
