import { randomUUID } from "node:crypto";
import type { Feed, Logger } from "leasehold";
import { z } from "leasehold";
import type { Registered } from "./registration-answer.ts";

const KEY = "registration";

const registered = z.object({
  runnerId: z.string(),
  pollPath: z.string(),
  pollTimeoutSeconds: z.number().optional(),
  heartbeatSeconds: z.number().optional(),
});

const note = z.object({
  url: z.string(),
  instance: z.string(),
  registered: registered.optional(),
  since: z.number().optional(),
});

type Note = z.output<typeof note>;

/**
 * What the journal knows of this runner's registration. Its instance is noted before the first request, so that whatever
 * becomes of the answer, this runner and its successors can tell their own registration from a twin's; the note stands until
 * the deregistration.
 */
export class RegistrationNote {
  readonly #url: string;
  readonly #log: Logger;
  #journal: Pick<Feed, "remember" | "recall"> | undefined;
  #note: Note;

  /** @param url The coordinator's: another one knows nothing of us. */
  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
    this.#note = { url, instance: randomUUID() };
  }

  /** From now on the journal is used; what a predecessor left there counts. */
  async keepIn(journal: Pick<Feed, "remember" | "recall">): Promise<void> {
    this.#journal = journal;
    const { data } = note.safeParse(journal.recall(KEY));
    if (data?.url === this.#url) this.#note = data;
    else await this.#write();
  }

  /** Which runner this is, and its successors with the same journal. */
  get instance(): string {
    return this.#note.instance;
  }

  /** The last registration, a predecessor's perhaps. */
  get registered(): Registered | undefined {
    const last = this.#note.registered;
    return last && { ...last, pollTimeoutSeconds: last.pollTimeoutSeconds, heartbeatSeconds: last.heartbeatSeconds };
  }

  /** Since when it is ours by the coordinator's clock, in milliseconds since the epoch. */
  get since(): number | undefined {
    return this.#note.since;
  }

  /** `since` is missing until it is known. Never rejects: without the note a successor has to wait, no more. */
  async keep(registered: Registered | undefined, since?: number): Promise<void> {
    const { url, instance } = this.#note;
    this.#note = { url, instance, ...(registered ? { registered } : {}), ...(since === undefined ? {} : { since }) };
    await this.#write();
  }

  /** Deregistered: the next registration is another one's. */
  async strike(): Promise<void> {
    this.#note = { url: this.#url, instance: randomUUID() };
    await this.#remember(null);
  }

  #write(): Promise<void> {
    return this.#remember(JSON.parse(JSON.stringify(this.#note)));
  }

  async #remember(value: Parameters<Feed["remember"]>[1]): Promise<void> {
    await this.#journal
      ?.remember(KEY, value)
      .catch((err: unknown) => this.#log.warn({ err }, "the journal could not note the registration"));
  }
}
