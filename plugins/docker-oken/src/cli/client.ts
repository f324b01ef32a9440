import { CommandError } from "leasehold";
import type { Agent, RequestInit, Response } from "undici";

/** What an API answered: its status, and its body as text and as JSON where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

/** Calls a runner API. Rejects with a `CommandError` that says what was answered, or that nobody did. */
export class OkenClient {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal;
  #dispatcher: Agent | undefined;

  constructor(url: string, token: string | undefined, signal: AbortSignal) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#signal = signal;
  }

  /** An answer that is a success. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.open(path, init);
    return answerOf(response.status, await response.text());
  }

  /** The same, its body not yet read. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    // On first use: who configures the plugin does not load it.
    const { Agent, fetch, Headers } = await import("undici");
    // An agent may take its time, and a log may be quiet for long: the runner and the user say when it is enough.
    this.#dispatcher ??= new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    const also = { headers, signal: this.#signal, dispatcher: this.#dispatcher };
    const response = await fetch(this.url + path, { ...init, ...also }).catch((thrown) => {
      throw this.#unreachable(thrown);
    });
    if (!response.ok) throw refusal(answerOf(response.status, await response.text()));
    return response;
  }

  #unreachable(thrown: unknown): Error {
    if (this.#signal.aborted) return this.#signal.reason as Error;
    const { cause, message } = thrown as Error;
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
    const fix = "Start it with leasehold oken serve (or leasehold start), or name another with --api URL.";
    return new CommandError(`no Oken runner API answers at ${this.url}: ${why}`, fix, { cause: thrown });
  }
}

/** Path of a route about an agent. */
export function pathOf(route: string, agentId: string): string {
  return `/${route}/${encodeURIComponent(agentId)}`;
}

export function answerOf(status: number, text: string): Answer {
  return { status, text, json: parsed(text) };
}

/** What a runner answered with an error, in its own words. */
export function refusal({ status, json, text }: Answer): CommandError {
  const { error, code } = (json ?? {}) as { error?: unknown; code?: unknown };
  const words = typeof error === "string" ? error : text.slice(0, 1_000);
  return new CommandError(`${words} (${typeof code === "string" ? code : `status ${status}`})`, fixOf(status, code));
}

function fixOf(status: number, code: unknown): string {
  if (status === 401) return "Set OKEN_API_TOKEN to the token that the runner was started with.";
  if (code === "AGENT_NOT_FOUND") return "See leasehold oken ls for the agents that are deployed.";
  if (code === "BUILD_FAILED") return "See leasehold oken build-log ID for the whole output.";
  return "Mend what it names, and call again; the agent's own words are in leasehold oken logs ID.";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
