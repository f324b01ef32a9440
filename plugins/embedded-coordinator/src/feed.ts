import { stringify } from "./json-text.ts";

const ABBREVIATIONS = {
  init: "ini",
  session_created: "scr",
  session_updated: "sup",
  session_deleted: "sdl",
  event: "evt",
  run_failed: "rfl",
} as const;

/** The kinds of messages that subscribers of `/sse/sessions` get (protocol §2.7). */
export type Topic = keyof typeof ABBREVIATIONS;

type Subscriber = { send(frame: string): void; end(): void; sessionId: string | undefined };

/** Passes what happens to sessions on to whoever listens. */
export class Feed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Sends a message about one session to everyone who listens to all sessions or to this one. */
  publish(topic: Topic, sessionId: string, data: unknown): void {
    if (this.#subscribers.size === 0) return;
    const frame = this.frame(topic, data);
    for (const subscriber of this.#subscribers) {
      if (subscriber.sessionId === undefined || subscriber.sessionId === sessionId) subscriber.send(frame);
    }
  }

  /** One message as text: `id: <ms>-<abbr>-<nnn>`, its topic, its data. */
  frame(topic: Topic, data: unknown): string {
    this.#count = (this.#count + 1) % 1000;
    const id = `${Math.floor(this.#now())}-${ABBREVIATIONS[topic]}-${String(this.#count).padStart(3, "0")}`;
    // Kept source text may hold line breaks between tokens, which would end the frame's data line.
    const line = stringify(data).replace(/[\r\n]/g, " ");
    return `id: ${id}\nevent: ${topic}\ndata: ${line}\n\n`;
  }

  /** Adds a listener; the function returned takes it away. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  close(): void {
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }
}
