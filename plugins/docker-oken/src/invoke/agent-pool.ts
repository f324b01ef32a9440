import type { Dispatcher, Pool } from "undici";
import { CallChannel } from "./call-channel.ts";

/** A larger body would hold up the calls behind it: it gets a connection to itself. */
const MOST_CHARACTERS = 65_536;

export interface AgentPoolParts {
  readonly host: string;
  readonly port: number;
  /** Plain HTTP connections to the agent; they are closed with the pool. */
  readonly http: Pool;
  /** Whether our own wrapper answers there; the program of an http agent knows nothing but HTTP. */
  readonly wrapped: boolean;
}

/** All connections to one container: small calls share a channel to its wrapper, everything else is plain HTTP. */
export class AgentPool {
  readonly #parts: AgentPoolParts;
  #usesChannel: boolean;
  #current: CallChannel | undefined;
  /** With calls in flight, or to come. */
  readonly #channels = new Set<CallChannel>();
  #destroyed = false;

  constructor(parts: AgentPoolParts) {
    this.#parts = parts;
    this.#usesChannel = parts.wrapped;
  }

  /** Sends a call (spec §3.5). */
  dispatch(call: Dispatcher.DispatchOptions & { readonly body: string }, handler: Dispatcher.DispatchHandler): boolean {
    if (!this.#usesChannel || this.#destroyed || call.body.length > MOST_CHARACTERS)
      return this.#parts.http.dispatch(call, handler);
    this.#current ??= this.#open();
    this.#current.send(call, handler);
    return true;
  }

  /** Asks the agent anything but a call. */
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    return this.#parts.http.request(options);
  }

  /** Ends everything that is in flight. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    for (const channel of this.#channels) channel.destroy(new Error("the connections to the agent were closed"));
    await this.#parts.http.destroy();
  }

  #open(): CallChannel {
    const { host, port } = this.#parts;
    const channel = new CallChannel(host, port, {
      retired: () => {
        if (this.#current === channel) this.#current = undefined;
      },
      closed: () => this.#channels.delete(channel),
      refused: (calls) => {
        this.#usesChannel = false;
        for (const { call, handler } of calls) this.#parts.http.dispatch(call, handler);
      },
    });
    this.#channels.add(channel);
    return channel;
  }
}
