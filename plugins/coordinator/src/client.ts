import type { Credentials, Logger, Redactor } from "leasehold";
import { type Download, download } from "./download.ts";
import { type ExchangeRequest, exchange, type Reply, Unanswered } from "./exchange.ts";
import { isSuccess, refusesCredentials } from "./judgement.ts";
import { Pool } from "./pool.ts";

/** The server closes idle connections after 5 s (protocol §2): close them before. */
const KEEP_ALIVE_MS = 4_000;
/** Silence after which the kernel probes whether the other side of an open poll is still there. */
const PROBE_AFTER_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ClientSettings {
  readonly url: string;
  readonly requestMs: number;
  /** Asked for at the first request, when every plugin is set up. */
  readonly credentials: () => Credentials | undefined;
  readonly log: Logger;
  /** Masks what a refusal says before it is cut: it may repeat our own headers. */
  readonly secrets?: Pick<Redactor, "text">;
}

export interface RequestDetails {
  /** JSON text, sent byte for byte. */
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Repeated once, at once, when the connection broke under it. */
  readonly repeatable?: boolean;
}

/** The coordinator over HTTP: pooled connections, credentials, a time limit for every request. */
export class CoordinatorClient {
  /** The coordinator's URL without user name and password. */
  readonly url: string;
  readonly #settings: ClientSettings;
  readonly #pool: InstanceType<typeof Pool>;
  readonly #basePath: string;
  readonly #basic: Readonly<Record<string, string>>;

  constructor(settings: ClientSettings) {
    const url = new URL(settings.url);
    this.#settings = settings;
    this.#basePath = url.pathname.replace(/\/+$/, "");
    this.#basic = basicCredentials(url);
    this.url = url.origin + this.#basePath;
    this.#pool = new Pool(url.origin, {
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
      connect: { keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS },
      allowH2: false,
    });
  }

  /**
   * Sends one request; any status is an answer. When the answer refuses our credentials and their provider has others,
   * it is sent once more. Rejects with `Unanswered`, whose message names the request.
   */
  async send(method: ExchangeRequest["method"], path: string, details: RequestDetails = {}): Promise<Reply> {
    const sent = await this.#credentials(path, details);
    const reply = await this.#attempt(method, path, details, sent);
    if (!refusesCredentials(reply) || !(await this.#hasOtherCredentials(path, reply, sent))) return this.#masked(reply);
    return this.#masked(await this.#attempt(method, path, details, await this.#credentials(path, details)));
  }

  /** Begins a download, with credentials as in `send`. Rejects with `Unanswered`, whose message names the request. */
  async download(path: string, signal: AbortSignal): Promise<Download> {
    const sent = await this.#credentials(path, { signal });
    const answer = await this.#beginDownload(path, signal, sent);
    if (answer.content || !refusesCredentials(answer)) return answer;
    if (!(await this.#hasOtherCredentials(path, answer, sent))) return answer;
    return this.#beginDownload(path, signal, await this.#credentials(path, { signal }));
  }

  /** Answers that hold runs, results or scripts stay as they are. */
  #masked<R extends Reply>(reply: R): R {
    const { secrets } = this.#settings;
    return !secrets || isSuccess(reply) ? reply : { ...reply, body: secrets.text(reply.body) };
  }

  async #beginDownload(path: string, signal: AbortSignal, credentials: Record<string, string>): Promise<Download> {
    const headers = { ...this.#basic, ...lowerCased(credentials) };
    const request = { path: this.#basePath + path, headers, silenceMs: this.#settings.requestMs, signal };
    return download(this.#pool, request, (thrown) => named("GET", this.url + path, thrown));
  }

  async #hasOtherCredentials(path: string, { status, body }: Reply, sent: Record<string, string>): Promise<boolean> {
    try {
      return (await this.#settings.credentials()?.rejected(this.url + path, { status, body }, sent)) ?? false;
    } catch (err) {
      this.#settings.log.warn({ err }, "the credentials plugin could not say whether to try again");
      return false;
    }
  }

  async #attempt(
    method: ExchangeRequest["method"],
    path: string,
    details: RequestDetails,
    credentials: Record<string, string>,
  ): Promise<Reply> {
    const content = details.body === undefined ? {} : { "content-type": "application/json" };
    const request = {
      method,
      path: this.#basePath + path,
      headers: { ...this.#basic, ...content, ...lowerCased(credentials) },
      timeoutMs: details.timeoutMs ?? this.#settings.requestMs,
      signal: details.signal,
      ...(details.body === undefined ? {} : { body: details.body }),
    };
    try {
      return await exchange(this.#pool, request).catch((broken: unknown) => {
        if (!details.repeatable || details.signal?.aborted || !lostConnection(broken)) throw broken;
        return exchange(this.#pool, request);
      });
    } catch (thrown) {
      throw named(method, this.url + withoutQuery(path), thrown);
    }
  }

  async #credentials(path: string, { signal }: RequestDetails): Promise<Record<string, string>> {
    try {
      return (await this.#settings.credentials()?.headers(this.url + path, signal)) ?? {};
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Unanswered(`credentials for ${this.url} could not be obtained: ${problem}`, false, { cause: thrown });
    }
  }

  /** Breaks off whatever is still open. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** The same failure, with the request in its message. */
function named(method: string, url: string, thrown: unknown): Unanswered {
  const { message, sent } = thrown instanceof Unanswered ? thrown : { message: String(thrown), sent: true };
  return new Unanswered(`${method} ${url}: ${message}`, sent, { cause: thrown });
}

export function basicCredentials({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function lostConnection(thrown: unknown): boolean {
  const cause = thrown instanceof Unanswered ? thrown.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0] ?? path;
}
