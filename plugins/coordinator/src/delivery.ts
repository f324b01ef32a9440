import type { DeliveryAnswer, DeliveryAttempt, JsonObject, Logger } from "leasehold";
import { isPowerOfTwo, unlessAborted } from "./backoff.ts";
import { canStore } from "./can-store.ts";
import type { CoordinatorClient } from "./client.ts";
import { type Reply, Unanswered } from "./exchange.ts";
import {
  describeReply,
  isAcknowledged,
  isNotRegistered,
  isPassing,
  isSuccess,
  isUnknownThere,
  refusesCredentials,
} from "./judgement.ts";
import type { RunRef } from "./lease.ts";
import type { Registration } from "./registration.ts";
import type { Registered } from "./registration-answer.ts";
import { alreadyThere } from "./report-check.ts";
import { type RequestOf, requestOf } from "./report-requests.ts";
import { type Report, report as reportSchema } from "./reports.ts";

/** So often the coordinator may answer 500 to a report before the ones behind it that still can be told go first. */
const POISON_LIMIT = 12;
/** Answers of gateways that may have passed the request on. */
const MAY_HAVE_ACTED = [502, 504];
/** How long a report waits for a registration before it is tried again. */
const RENEW_MS = 2_000;
/** The core's own back-off. */
const LATER: DeliveryAnswer = { retryAfterMs: 0 };

export interface DeliverySettings {
  readonly client: CoordinatorClient;
  readonly registration: Registration;
  /** What this runner is bound under: part of every session it works in. */
  readonly runner: () => { readonly hostname: string; readonly executorProfile: string };
}

/** Carries reports to the coordinator, one attempt at a time. */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #crashes = new Map<string, number>();

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
  }

  /** One attempt to deliver one report, as `LeaseSource.deliver` wants it. */
  async deliver(ref: RunRef, json: JsonObject, attempt: DeliveryAttempt): Promise<DeliveryAnswer> {
    const { registration } = this.#settings;
    const { data: report } = reportSchema.safeParse(json);
    if (!report) return skipUnreadable(attempt.log);
    const registered = registration.reportsUnder;
    // Deregistered: nothing is accepted any more before the next start.
    if (!registered) return registration.isWithdrawn ? "keep" : LATER;
    try {
      if (attempt.uncertain) {
        const there = await alreadyThere(this.#settings.client, ref, report, attempt.signal);
        if (there === "unlistable" && this.#countCrash(ref) < POISON_LIMIT) return LATER;
        if (there !== "no" && there !== "unlistable") return there;
      }
      const reply = await this.#post(ref, report, registered, attempt.signal);
      if (reply) return this.#judge(ref, report, reply, attempt);
      return registration.isWithdrawn ? "keep" : LATER;
    } catch (thrown) {
      tellOfDelay(report, attempt, thrown instanceof Error ? thrown.message : String(thrown));
      return thrown instanceof Unanswered && thrown.sent ? "unknown" : LATER;
    }
  }

  /** Forgets a run that nothing more is owed of. */
  release(ref: RunRef): void {
    this.#crashes.delete(ref.run);
  }

  async #post(ref: RunRef, report: Report, registered: Registered, signal: AbortSignal): Promise<Reply | undefined> {
    const send = ({ path, body }: RequestOf) => this.#settings.client.send("POST", path, { body, signal });
    const reply = await send(requestOf(ref, report, registered.runnerId, this.#settings.runner()));
    if (!isNotRegistered(reply)) return reply;
    // While a twin is in the way that takes long; reports are accepted under its registration, too, for the id is the same.
    const soon = AbortSignal.any([signal, AbortSignal.timeout(RENEW_MS)]);
    const renewed = await unlessAborted(this.#settings.registration.renew(registered), soon);
    return renewed && (await send(requestOf(ref, report, renewed.runnerId, this.#settings.runner())));
  }

  async #judge(ref: RunRef, report: Report, reply: Reply, attempt: DeliveryAttempt): Promise<DeliveryAnswer> {
    if (isAcknowledged(reply)) {
      this.#crashes.delete(ref.run);
      return "accepted";
    }
    const answered = `the coordinator answered ${describeReply(reply)} to a report`;
    if (isUnknownThere(reply)) return settleUnknown(report, attempt.log, answered);
    if (reply.status === 500) return this.#crashed(ref, report, attempt, answered);
    if (isPassing(reply) || isNotRegistered(reply) || refusesCredentials(reply)) {
      tellOfDelay(report, attempt, answered);
      if (MAY_HAVE_ACTED.includes(reply.status) || isSuccess(reply)) return "unknown";
      return { retryAfterMs: reply.retryAfterMs ?? 0 };
    }
    attempt.log.error({ report: report.type }, `${answered}; it will never take it, so it is given up`);
    return isTerminal(report) ? "gone" : "accepted";
  }

  /**
   * It may have stored the report before it failed. One that it can parse but not store must not hold back the terminal one,
   * unless it can store nothing.
   */
  async #crashed(ref: RunRef, report: Report, attempt: DeliveryAttempt, answered: string): Promise<DeliveryAnswer> {
    const crashes = this.#countCrash(ref);
    tellOfDelay(report, attempt, answered);
    if (isTerminal(report) || crashes < POISON_LIMIT) return "unknown";
    const { client, runner } = this.#settings;
    if (!(await canStore(client, ref.session, runner().hostname, attempt.signal))) return "unknown";
    this.#crashes.delete(ref.run);
    attempt.log.error({ report: report.type }, `${answered} ${crashes} times; the report is given up, the run goes on`);
    return "accepted";
  }

  #countCrash({ run }: RunRef): number {
    const crashes = (this.#crashes.get(run) ?? 0) + 1;
    this.#crashes.set(run, crashes);
    return crashes;
  }
}

/** Kept by another version of this plugin, say. No repetition would make it readable. */
function skipUnreadable(log: Logger): DeliveryAnswer {
  log.error("a report that was kept makes no sense to this plugin; it is skipped");
  return "accepted";
}

/** At growing distances: a report may be owed for a long time. */
function tellOfDelay({ type }: Report, { number, signal, log }: DeliveryAttempt, problem: string): void {
  if (!signal.aborted && isPowerOfTwo(number))
    log.warn({ report: type, attempt: number }, `a report has to wait: ${problem}`);
}

/** Without its session a run can still be settled; without the run nothing can. */
function settleUnknown(report: Report, log: Logger, answered: string): DeliveryAnswer {
  const skipped = isOfSession(report);
  log.warn({ report: report.type }, `${answered}; ${skipped ? "it is skipped" : "the run is gone"}`);
  return skipped ? "accepted" : "gone";
}

function isTerminal({ type }: Report): boolean {
  return type === "completed" || type === "failed" || type === "stopped";
}

function isOfSession({ type }: Report): boolean {
  return type === "bind" || type === "event" || type === "result";
}
