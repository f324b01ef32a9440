import type { Feed, Logger } from "leasehold";
import { z } from "leasehold";
import type { Registered } from "./registration-answer.ts";

const KEY = "registration";

const note = z.object({
  url: z.string(),
  runnerId: z.string(),
  pollPath: z.string(),
  pollTimeoutSeconds: z.number().optional(),
  heartbeatSeconds: z.number().optional(),
});

/** What the journal knows of this runner's registration: it stands from the coordinator's answer to the deregistration. */
export class RegistrationNote {
  readonly #url: string;
  readonly #log: Logger;
  #journal: Pick<Feed, "remember" | "recall"> | undefined;

  /** @param url The coordinator's: another one knows nothing of us. */
  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  keepIn(journal: Pick<Feed, "remember" | "recall">): void {
    this.#journal = journal;
  }

  read(): Registered | undefined {
    const { data } = note.safeParse(this.#journal?.recall(KEY));
    if (!data || data.url !== this.#url) return undefined;
    const { runnerId, pollPath, pollTimeoutSeconds, heartbeatSeconds } = data;
    return { runnerId, pollPath, pollTimeoutSeconds, heartbeatSeconds };
  }

  /** Never rejects: without the note a successor has to wait, no more. */
  async keep(registered: Registered | undefined): Promise<void> {
    const value = registered ? JSON.parse(JSON.stringify({ url: this.#url, ...registered })) : null;
    await this.#journal
      ?.remember(KEY, value)
      .catch((err: unknown) => this.#log.warn({ err }, "the journal could not note the registration"));
  }
}
