import type { Dispatcher } from "undici";
import { OkenError } from "../oken-error.ts";
import type { AgentCall } from "./agent-call.ts";
import { readOutput } from "./read-output.ts";

const HEADERS = ["content-type", "application/json"];
/** The longest that timers can wait; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls an agent with the exact text of an input, and answers the exact text of its output (spec §1.3). Rejects with an
 * `OkenError` of code `INVOKE_FAILED`, and with the signal's reason; both end the call in the agent by closing its connection.
 * @param mostBytes Of the agent's answer.
 */
export function callAgent(call: AgentCall, input: string, mostBytes: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const answer = new AnswerCollector(call.invokeTimeoutMs, mostBytes, signal, resolve, reject);
    if (answer.settled) return;
    call.dispatcher.dispatch(
      {
        path: "/invoke",
        method: "POST",
        headers: HEADERS,
        body: `{"input":${input}}`,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      answer,
    );
  });
}

/** Collects one answer; settles once. `undici`'s own bodies and timers cost more than the call (see the benchmarks). */
class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly #mostBytes: number;
  readonly #signal: AbortSignal;
  readonly #resolve: (output: string) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #fault: Error | undefined;
  #status = 0;
  #bytes = 0;
  #chunks: Buffer[] = [];
  settled = false;

  constructor(
    timeoutMs: number,
    mostBytes: number,
    signal: AbortSignal,
    resolve: (output: string) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#mostBytes = mostBytes;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#cancel(timedOut(timeoutMs)), Math.min(timeoutMs, LONGEST_TIMER_MS));
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#fault) controller.abort(this.#fault);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#mostBytes) return this.#cancel(tooLong(this.#mostBytes));
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first, ...more] = this.#chunks;
    const body = first && more.length === 0 ? first : Buffer.concat(this.#chunks);
    try {
      this.#resolve(readOutput(this.#status, body));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settle()) this.#reject(unreachable(error));
  }

  readonly #onAbort = (): void => this.#cancel(this.#signal.reason as Error);

  /** Closes the connection, which tells the agent that nobody waits any more; a call still in line is not sent. */
  #cancel(fault: Error): void {
    if (!this.#settle()) return;
    this.#fault = fault;
    this.#controller?.abort(fault);
    this.#reject(fault);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    return true;
  }
}

function timedOut(ms: number): OkenError {
  return new OkenError("INVOKE_FAILED", `Agent call timed out after ${ms / 1_000} s`, { status: 504 });
}

function tooLong(bytes: number): OkenError {
  return new OkenError("INVOKE_FAILED", `Agent answered with more than ${bytes} bytes`, { status: 502 });
}

function unreachable(error: Error): OkenError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === "ECONNREFUSED" ? "connection refused" : message || code || "the connection broke";
  return new OkenError("INVOKE_FAILED", `Failed to connect to the agent: ${why}`, { status: 502, cause: error });
}
