import { onTestFinished } from "vitest";
import { createLogger } from "../../../../core/src/log/create-logger.ts";
import { CoordinatorClient } from "../../../../plugins/coordinator/src/client.ts";
import type { Progress } from "../../../../plugins/coordinator/src/submit/progress.ts";

/** A client for one test, without credentials. */
export function clientOf(url: string): CoordinatorClient {
  const log = createLogger({ verbose: false });
  const client = new CoordinatorClient({ url, requestMs: 5_000, credentials: () => undefined, log });
  onTestFinished(() => client.close());
  return client;
}

/** Keeps what a person would have been told, one text each. */
export class KeptProgress implements Progress {
  readonly told: string[] = [];
  readonly #watchers = new Set<() => void>();

  begin(): void {
    this.#keep("begin");
  }
  status(status: string): void {
    if (this.told.at(-1) !== status) this.#keep(status);
  }
  event(event: Record<string, unknown>): void {
    this.#keep(`event ${String(event["event_type"])}`);
  }
  note(text: string): void {
    this.#keep(text);
  }
  trouble(text: string): void {
    this.#keep(text);
  }
  close(): void {
    this.#keep("close");
  }

  /** Resolves when something like this has been told. */
  async heard(pattern: RegExp): Promise<void> {
    while (!this.told.some((text) => pattern.test(text)))
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
  }

  #keep(text: string): void {
    this.told.push(text);
    for (const resolve of this.#watchers) resolve();
    this.#watchers.clear();
  }
}
