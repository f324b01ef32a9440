import type { Journal, LeaseRecord, OwedReport, SettledAs } from "../journal/journal.ts";
import type { JsonObject } from "../json/value.ts";
import { backOff } from "./back-off.ts";
import type { DeliveryAnswer } from "./source.ts";

/** What a courier asks of the delivery that it works for. */
export interface Desk {
  attempt(report: OwedReport, number: number, uncertain: boolean): Promise<DeliveryAnswer>;
  /** Nothing will be owed of the lease any more. */
  done(): Promise<void>;
  /** What is owed cannot be delivered before the runner's next start. */
  parked(): void;
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
  #parked = false;
  #waiting = 0;
  #final = false;
  #gone = false;
  readonly #done = Promise.withResolvers<void>();

  /** @param uncertain Whether these reports may have arrived before. */
  constructor(lease: LeaseRecord, uncertain: boolean, journal: Journal, desk: Desk) {
    this.lease = lease;
    this.#uncertain = uncertain;
    this.#journal = journal;
    this.#desk = desk;
  }

  /** Resolves when nothing is owed of the lease, nor will be. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Reports that are not delivered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether what is owed waits for the runner's next start. */
  get parked(): boolean {
    return this.#parked;
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
    this.#parked = false;
    while (this.#queue[0] && !this.#desk.signal.aborted) {
      const answer = this.#gone ? "gone" : await this.#deliver(this.#queue[0]);
      if (this.#desk.signal.aborted) return;
      if (answer === "keep") return this.#park();
      this.#gone = answer === "gone";
      await this.#acknowledge(this.#queue.shift() as OwedReport);
    }
    this.#carrying = false;
    if (!this.#final || this.#queue.length > 0) return;
    this.#done.resolve();
    await this.#desk.done();
  }

  #park(): void {
    this.#carrying = false;
    this.#parked = true;
    this.#desk.parked();
  }

  /** A journal that cannot note it will have the report delivered again after a restart, but holds up nothing now. */
  async #acknowledge(report: OwedReport): Promise<void> {
    this.#waiting--;
    await this.#journal.acknowledge(report).catch((thrown) => this.#desk.failed(thrown));
  }

  /** Repeats until the report is accepted, unwanted or to be kept; ends early, with nothing said, when the runner ends. */
  async #deliver(report: OwedReport): Promise<"accepted" | "gone" | "keep"> {
    let uncertain = this.#uncertain;
    for (let number = 1; !this.#desk.signal.aborted; number++) {
      const answer = await this.#desk.attempt(report, number, uncertain);
      if (answer === "accepted" || answer === "gone" || answer === "keep") return answer;
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
