import { messageOf } from "../errors/leasehold-error.ts";
import type { Journal, LeaseRecord, OwedReport, SettledAs } from "../journal/journal.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import { backOff } from "./back-off.ts";
import { judgeAnswer } from "./delivery-answer.ts";
import type { DeliveryAnswer, DeliveryAttempt, LeaseSource } from "./source.ts";

/** Delivers what is owed to one durable source: in order per run, runs side by side, until acknowledged. */
export class Delivery {
  readonly #source: LeaseSource;
  readonly #journal: Journal;
  readonly #telemetry: TelemetryHub;
  readonly #couriers = new Map<string, Courier>();
  readonly #halt = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  #onIdle: (() => void) | undefined;

  constructor(source: LeaseSource, journal: Journal, telemetry: TelemetryHub) {
    this.#source = source;
    this.#journal = journal;
    this.#telemetry = telemetry;
  }

  /** The courier of a lease; the same one while anything of the lease is under way. `log` is the run's. */
  courier(lease: LeaseRecord, { log, uncertain = false }: { log: Logger; uncertain?: boolean }): Courier {
    const existing = this.#couriers.get(lease.run);
    if (existing) return existing;
    const courier: Courier = new Courier(lease, uncertain, this.#journal, {
      attempt: (report, number, uncertain) =>
        this.#attempt(report, { number, uncertain, log, signal: this.#halt.signal }),
      done: () => this.#retire(courier, log),
      failed: (thrown) =>
        log.error({ err: thrown }, `the journal could not note that a report was delivered: ${messageOf(thrown)}`),
      signal: this.#halt.signal,
    });
    this.#couriers.set(lease.run, courier);
    return courier;
  }

  /** How many runs have reports that are not delivered yet. */
  get owed(): number {
    return [...this.#couriers.values()].filter(({ waiting }) => waiting > 0).length;
  }

  /** Whether reports of a run are under way. */
  carries(run: string): boolean {
    return this.#couriers.has(run);
  }

  /** Resolves when nothing is owed, or when `signal` is aborted; answers how many leases still have reports owed. */
  async flush(signal: AbortSignal): Promise<number> {
    if (this.#couriers.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onIdle = () => {
          signal.removeEventListener("abort", resolve as () => void);
          resolve();
        };
        signal.addEventListener("abort", resolve as () => void, { once: true });
      });
    }
    return this.#couriers.size;
  }

  /** The source has been started: what a predecessor owed may go. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Ends every attempt and every wait; what is owed stays in the journal. */
  halt(): void {
    this.#halt.abort(new Error("the runner ends"));
    this.begin();
  }

  async #attempt(report: OwedReport, attempt: DeliveryAttempt): Promise<DeliveryAnswer> {
    const { ref, run } = report.lease;
    const { number, signal, log } = attempt;
    let answer: DeliveryAnswer = "unknown";
    await this.#begun.promise;
    if (signal.aborted) return answer;
    try {
      answer = judgeAnswer(await this.#source.deliver?.(ref, report.body, attempt));
    } catch (thrown) {
      if (!signal.aborted)
        log.warn({ err: thrown, report: nameOf(report.body) }, `delivery failed: ${messageOf(thrown)}`);
    }
    if (this.#telemetry.listening) {
      const text = typeof answer === "string" ? answer : `retry after ${answer.retryAfterMs} ms`;
      const about = { source: this.#source.name, run, report: nameOf(report.body), attempt: number, answer: text };
      this.#telemetry.tell({ type: "delivery", ...about });
    }
    return answer;
  }

  /** The source lets go first: a crash in between has it told once more, and not the journal forget. */
  async #retire(courier: Courier, log: Logger): Promise<void> {
    const { lease } = courier;
    const note = (thrown: unknown) =>
      log.error({ err: thrown }, `a settled lease was not let go: ${messageOf(thrown)}`);
    await Promise.resolve(lease.ref)
      .then((ref) => this.#source.release?.(ref))
      .catch(note);
    await this.#journal.close(lease).catch(note);
    this.#couriers.delete(courier.lease.run);
    if (this.#couriers.size === 0) this.#onIdle?.();
  }
}

interface Desk {
  attempt(report: OwedReport, number: number, uncertain: boolean): Promise<DeliveryAnswer>;
  done(): Promise<void>;
  failed(thrown: unknown): void;
  readonly signal: AbortSignal;
}

/** Carries the reports of one lease, one after another. */
export class Courier {
  readonly lease: LeaseRecord;
  readonly #journal: Journal;
  readonly #desk: Desk;
  readonly #uncertain: boolean;
  readonly #queue: OwedReport[] = [];
  #journalled: Promise<unknown> = Promise.resolve();
  #carrying = false;
  #waiting = 0;
  #final = false;
  #gone = false;

  /** @param uncertain Whether these reports may have arrived before. */
  constructor(lease: LeaseRecord, uncertain: boolean, journal: Journal, desk: Desk) {
    this.lease = lease;
    this.#uncertain = uncertain;
    this.#journal = journal;
    this.#desk = desk;
  }

  /** Reports that are not delivered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Journals reports, in the order of the calls, and sees to their delivery. Resolves once they are journalled. */
  owe(bodies: readonly JsonObject[], settled?: SettledAs): Promise<void> {
    this.#waiting += bodies.length;
    const journalled = this.#journalled.then(async () => {
      this.#take(await this.#journal.owe(this.lease, bodies, settled), settled !== undefined);
    });
    this.#journalled = journalled.catch(() => {
      this.#waiting -= bodies.length;
    });
    return journalled;
  }

  /** Sees to the delivery of what is journalled already. */
  resume(owed: readonly OwedReport[], final: boolean): void {
    this.#waiting += owed.length;
    this.#take(owed, final);
  }

  /** No terminal report will ever be owed: the lease ends once what is owed is delivered. */
  letGo(): void {
    this.#journalled = this.#journalled.then(() => {
      this.#final = true;
      void this.#carry();
    });
  }

  #take(owed: readonly OwedReport[], final: boolean): void {
    this.#final ||= final;
    this.#queue.push(...owed);
    void this.#carry();
  }

  async #carry(): Promise<void> {
    if (this.#carrying) return;
    this.#carrying = true;
    while (this.#queue[0] && !this.#desk.signal.aborted) {
      if (!this.#gone) this.#gone = (await this.#deliver(this.#queue[0])) === "gone";
      if (this.#desk.signal.aborted) return;
      await this.#acknowledge(this.#queue.shift() as OwedReport);
    }
    this.#carrying = false;
    if (this.#final && this.#queue.length === 0) await this.#desk.done();
  }

  /** A journal that cannot note it will have the report delivered again after a restart, but holds up nothing now. */
  async #acknowledge(report: OwedReport): Promise<void> {
    this.#waiting--;
    await this.#journal.acknowledge(report).catch((thrown) => this.#desk.failed(thrown));
  }

  /** Repeats until the report is accepted or unwanted; ends early, with nothing said, when the runner ends. */
  async #deliver(report: OwedReport): Promise<"accepted" | "gone"> {
    let uncertain = this.#uncertain;
    for (let number = 1; !this.#desk.signal.aborted; number++) {
      const answer = await this.#desk.attempt(report, number, uncertain);
      if (answer === "accepted" || answer === "gone") return answer;
      uncertain ||= answer === "unknown";
      const asked = typeof answer === "object" ? answer.retryAfterMs : 0;
      await pause(Math.max(asked, backOff(number)), this.#desk.signal);
    }
    return "accepted";
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
  });
}

function nameOf(report: JsonObject): string {
  return typeof report["type"] === "string" ? report["type"] : "report";
}
