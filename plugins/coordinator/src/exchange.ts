import type { Dispatcher } from "undici";

/** One HTTP request; `body` is JSON text, which is sent as it is. */
export interface ExchangeRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** From a `Retry-After` header in seconds. */
  readonly retryAfterMs?: number;
}

/** No answer came. `sent` tells whether the request may have arrived all the same. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}

/** Whether there was an answer, but a longer one than the client takes: asking again would bring the same. */
export function isTooLong(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return ("code" in thrown && thrown.code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") || isTooLong(thrown.cause);
}

/** Sends one request and collects its answer. Rejects with `Unanswered`. */
export function exchange(dispatcher: Pick<Dispatcher, "dispatch">, request: ExchangeRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(request, resolve, reject);
    dispatcher.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      collector,
    );
  });
}

/** Takes an answer apart, and knows whether the request had left when something went wrong. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: Unanswered) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #ended: Unanswered | undefined;
  #status = 0;
  #retryAfter: string | undefined;

  constructor(request: ExchangeRequest, resolve: (reply: Reply) => void, reject: (error: Unanswered) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#end(`no answer within ${request.timeoutMs / 1_000} s`), request.timeoutMs);
    request.signal?.addEventListener("abort", this.#onAbort);
    if (request.signal?.aborted) this.#onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(this.#ended);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: NodeJS.Dict<string | string[]>): void {
    this.#status = status;
    this.#chunks.length = 0;
    this.#retryAfter = [headers["retry-after"]].flat()[0];
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    const seconds = Number(this.#retryAfter ?? Number.NaN);
    this.#resolve({
      status: this.#status,
      body: Buffer.concat(this.#chunks).toString("utf8"),
      ...(seconds >= 0 && seconds <= 3_600 ? { retryAfterMs: seconds * 1_000 } : {}),
    });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(reasonOf(error), error);
  }

  readonly #onAbort = () => this.#end("given up");

  #end(reason: string): void {
    this.#fail(reason);
    if (this.#ended) this.#controller?.abort(this.#ended);
  }

  #fail(reason: string, cause?: Error): void {
    if (this.#ended) return;
    this.#settle();
    this.#ended = new Unanswered(reason, this.#controller !== undefined, cause ? { cause } : {});
    this.#reject(this.#ended);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** Connecting to a name with several addresses fails with an error whose own message is empty. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error.message || error.name;
}
