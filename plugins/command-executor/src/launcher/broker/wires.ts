import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Greeting, PREFIX_LENGTH, WIRE_NAME_LENGTH } from "./messages.ts";

/** A connection to the dock that becomes a stream of a child. */
export interface Wire {
  readonly name: string;
  readonly socket: Socket;
}

/** Enough for one child while those of the next are being connected. */
const READY = 4;

/** Connections made in advance: the path of a run waits for none. */
export class Wires {
  readonly #greeting: Greeting;
  readonly #ready: Promise<Wire>[] = [];

  constructor(greeting: Greeting) {
    this.#greeting = greeting;
    this.#fill();
  }

  /** Rejects when the dock cannot be reached. */
  async take(count: number): Promise<Wire[]> {
    const taken = Array.from({ length: count }, () => this.#next());
    setImmediate(() => this.#fill());
    return Promise.all(taken);
  }

  /** One that failed earlier, as for want of file descriptors, is no reason to fail now. */
  #next(): Promise<Wire> {
    return this.#ready.shift()?.catch(() => this.#connect()) ?? this.#connect();
  }

  #fill(): void {
    while (this.#ready.length < READY) this.#ready.push(this.#connect());
  }

  #connect(): Promise<Wire> {
    const wire = connected(this.#greeting);
    wire.catch(() => undefined);
    return wire;
  }
}

async function connected({ dock, prefix }: Greeting): Promise<Wire> {
  const name = prefix + randomBytes((WIRE_NAME_LENGTH - PREFIX_LENGTH) / 2).toString("hex");
  // Paused, for what arrives is the child's to read.
  const socket = connect(dock).pause();
  await once(socket, "connect");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => socket.write(name, (error) => (error ? reject(error) : resolve())));
  return { name, socket };
}
