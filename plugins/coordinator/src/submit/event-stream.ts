import { createParser } from "eventsource-parser";
import { isJsonObject, type JsonObject, jsonMemberText } from "leasehold";
import { basicCredentials, type ClientSettings } from "../client.ts";

/** One thing that happened to a session (protocol §2.7). */
export interface StreamEvent {
  /** `session_updated`, `event`, `run_failed`, … */
  readonly topic: string;
  readonly data: JsonObject;
  /** The text that `data` was parsed from, in which numbers are as they were sent. */
  readonly text: string;
}

/** What happens to one session, as it happens. */
export interface EventStream {
  /** Whether the coordinator still sends. */
  readonly open: boolean;
  /** The session's last `result` event: JSON text of its `data` member. */
  readonly resultText: string | undefined;
  /** Called for what comes from now on, and for what has come before. */
  listen(listener: (event: StreamEvent) => void): void;
}

/** Longest wait for a coordinator that does not answer at once; what it does not stream is polled for. */
const OPENING_MS = 3_000;
/** Of one event, and of events that nobody listens to yet: characters. More than that ends the stream. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Listens to a session, whether or not it exists yet. Never rejects: a coordinator that streams nothing gives a closed stream. */
export async function openEventStream(
  settings: Pick<ClientSettings, "url" | "credentials">,
  sessionId: string,
  signal: AbortSignal,
): Promise<EventStream> {
  const stream = new SessionStream();
  try {
    const chunks = await open(
      settings,
      `/sse/sessions?session_id=${encodeURIComponent(sessionId)}&include_init=false`,
      signal,
    );
    if (chunks) void stream.read(chunks);
  } catch {
    // The run's status is polled for instead.
  }
  return stream;
}

/** The body of an endless answer; nothing when it is another sort of answer. */
async function open(
  { url, credentials }: Pick<ClientSettings, "url" | "credentials">,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const base = new URL(url);
  const target = base.origin + base.pathname.replace(/\/+$/, "") + path;
  const given = await credentials()?.headers(target, signal);
  const { request } = await import("undici");
  const { statusCode, headers, body } = await request(target, {
    headers: { accept: "text/event-stream", ...basicCredentials(base), ...given },
    signal,
    headersTimeout: OPENING_MS,
    bodyTimeout: 0,
  });
  if (statusCode === 200 && String(headers["content-type"]).startsWith("text/event-stream")) return body;
  // It may be endless, like the answer that was hoped for.
  body.on("error", () => undefined).destroy();
  return undefined;
}

class SessionStream implements EventStream {
  open = false;
  resultText: string | undefined;
  readonly #past: StreamEvent[] = [];
  #pastCharacters = 0;
  #listener: ((event: StreamEvent) => void) | undefined;

  listen(listener: (event: StreamEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#past.splice(0)) listener(event);
  }

  async read(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const parser = createParser({
      maxBufferSize: MOST_CHARACTERS,
      onEvent: ({ event, data }) => this.#take(event ?? "", data),
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") throw error;
      },
    });
    const decoder = new TextDecoder();
    this.open = true;
    try {
      for await (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch {
      // Broken off; the run's status is polled for from now on.
    } finally {
      this.open = false;
    }
  }

  #take(topic: string, text: string): void {
    const data = parse(text);
    if (!isJsonObject(data)) return;
    const inner = data["data"];
    if (topic === "event" && isJsonObject(inner) && inner["event_type"] === "result")
      this.resultText = jsonMemberText(text, ["data"]);
    const event = { topic, data, text };
    if (this.#listener) this.#listener(event);
    else this.#keep(event);
  }

  #keep(event: StreamEvent): void {
    this.#pastCharacters += event.text.length;
    if (this.#pastCharacters > MOST_CHARACTERS) throw new Error("more events than anybody asked for");
    this.#past.push(event);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
