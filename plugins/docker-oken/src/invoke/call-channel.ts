import { connect, type Socket } from "node:net";
import type { Dispatcher } from "undici";
import { CALL, CANCEL, FrameReader, frame } from "./frames.ts";
import { type ChannelCall, PendingCall } from "./pending-call.ts";

const PROTOCOL = "oken-calls";
const KEEP_ALIVE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
const MOST_HEAD_BYTES = 16_384;
const LAST_NUMBER = 2 ** 32 - 1;

/** What is told of a channel's life. */
export interface CallChannelListener {
  /** No further call may be begun here. */
  retired(): void;
  closed(): void;
  /** The wrapper does not know the protocol, for it is older than this runner: these calls are to go another way. */
  refused(calls: readonly ChannelCall[]): void;
}

/**
 * Many calls at once over one connection to an agent's wrapper, each answered as soon as it ends. What comes in one turn of
 * the loop goes out in one write: at many calls a second, reads and writes cost more than all the rest of a call.
 *
 * A call that is given up takes the connection out of use for later ones, as it would with HTTP; those in flight go on.
 */
export class CallChannel {
  readonly #listener: CallChannelListener;
  readonly #socket: Socket;
  readonly #pending = new Map<number, PendingCall>();
  readonly #frames = new FrameReader({
    begin: (number, status) => this.#pending.get(number)?.begin(status),
    data: (number, part) => this.#pending.get(number)?.data(part),
    end: (number) => this.#end(number),
  });
  /** Until the wrapper has agreed. */
  #unsent: number[] | undefined = [];
  #outgoing: Buffer[] = [];
  #head: Buffer = Buffer.alloc(0);
  #number = 0;
  #retired = false;

  constructor(host: string, port: number, listener: CallChannelListener) {
    this.#listener = listener;
    this.#socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.#fail(new Error("the agent cannot be reached")));
    this.#socket.once("connect", () => this.#socket.setTimeout(0));
    this.#socket.write(`GET /invoke HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: ${PROTOCOL}\r\n\r\n`);
    this.#socket.on("data", this.#agree);
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("end", () => this.#fail(new Error("the agent closed the connection")));
    this.#socket.on("close", () => this.#closed());
  }

  /** Sends a call; its handler hears of it as it would of an HTTP request. */
  send(call: ChannelCall["call"], handler: Dispatcher.DispatchHandler): void {
    const number = this.#nextNumber();
    const pending = new PendingCall({ call, handler }, (reason) => this.#cancel(number, reason));
    this.#pending.set(number, pending);
    handler.onRequestStart?.(pending, undefined);
    if (pending.aborted) return;
    if (this.#unsent) this.#unsent.push(number);
    else this.#put(frame(number, CALL, call.body));
  }

  /** Ends what is in flight. */
  destroy(reason: Error): void {
    this.#fail(reason);
  }

  #nextNumber(): number {
    do this.#number = this.#number === LAST_NUMBER ? 1 : this.#number + 1;
    while (this.#pending.has(this.#number));
    return this.#number;
  }

  #put(bytes: Buffer): void {
    if (this.#outgoing.push(bytes) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const [first, ...more] = this.#outgoing;
    this.#outgoing = [];
    if (first && !this.#socket.destroyed)
      this.#socket.write(more.length === 0 ? first : Buffer.concat([first, ...more]));
  }

  /** The wrapper's answer to the wish for this protocol. */
  readonly #agree = (chunk: Buffer): void => {
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#head.length > MOST_HEAD_BYTES) this.#fail(new Error("it answers with something that is no HTTP"));
      return;
    }
    if (!this.#head.subarray(0, end).toString("latin1").startsWith("HTTP/1.1 101 ")) return this.#refuse();
    this.#socket.off("data", this.#agree);
    this.#socket.on("data", (bytes: Buffer) => this.#frames.take(bytes));
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    for (const number of unsent) {
      const body = this.#pending.get(number)?.body;
      if (body !== undefined) this.#put(frame(number, CALL, body));
    }
    this.#frames.take(this.#head.subarray(end + 4));
  };

  #refuse(): void {
    const calls = [...this.#pending.values()].flatMap((pending) => pending.takeBack() ?? []);
    this.#pending.clear();
    this.#fail(new Error("the wrapper does not know the protocol"));
    this.#listener.refused(calls);
  }

  #end(number: number): void {
    const call = this.#pending.get(number);
    if (!call) return;
    this.#pending.delete(number);
    call.end();
    this.#endIfUseless();
  }

  /** The agent is told that nobody waits any more; what it answers all the same is not listened to. */
  #cancel(number: number, reason: Error): void {
    const call = this.#pending.get(number);
    if (!call) return;
    this.#pending.delete(number);
    if (!this.#unsent) this.#put(frame(number, CANCEL));
    this.#retire();
    call.fail(reason);
    this.#endIfUseless();
  }

  #endIfUseless(): void {
    if (!this.#retired || this.#pending.size > 0) return;
    this.#flush();
    this.#socket.destroySoon();
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#listener.retired();
  }

  #closed(): void {
    this.#fail(new Error("the connection was closed"));
    this.#listener.closed();
  }

  #fail(error: Error): void {
    this.#retire();
    this.#socket.destroy();
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.fail(error);
  }
}
