import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { allOrNone } from "./all-or-none.ts";
import { type Greeting, PREFIX_LENGTH, WIRE_NAME_LENGTH } from "./messages.ts";

/** A connection to the dock that has told its name, and so becomes a stream of a child. */
export interface Wire {
  readonly name: string;
  readonly socket: Socket;
}

/** One that has not told its last byte: it may have been closed since it was made. */
interface Early {
  readonly name: string;
  readonly socket: Socket;
}

/** Enough for one child while those of the next are being connected. */
const READY = 4;

/** Connections made in advance: the path of a run waits for none. */
export class Wires {
  readonly #greeting: Greeting;
  readonly #ready: Promise<Early>[] = [];

  constructor(greeting: Greeting) {
    this.#greeting = greeting;
    this.#fill();
  }

  /** Rejects when the dock cannot be reached. */
  async take(count: number): Promise<Wire[]> {
    const taking = Array.from({ length: count }, () => this.#next());
    setImmediate(() => this.#fill());
    return allOrNone(taking, ({ socket }) => socket.destroy());
  }

  /** One that failed earlier, as for want of file descriptors, is no reason to fail now. */
  async #next(): Promise<Wire> {
    const early = this.#ready.shift();
    const wire = await early?.then(named).catch(() => undefined);
    return wire ?? named(await this.#connect());
  }

  #fill(): void {
    while (this.#ready.length < READY) this.#ready.push(this.#connect());
  }

  #connect(): Promise<Early> {
    const wire = connected(this.#greeting);
    wire.catch(() => undefined);
    return wire;
  }
}

async function connected({ dock, prefix }: Greeting): Promise<Early> {
  const name = prefix + randomBytes((WIRE_NAME_LENGTH - PREFIX_LENGTH) / 2).toString("hex");
  // Paused, for what arrives is the child's to read.
  const socket = connect(dock).pause();
  await once(socket, "connect");
  socket.on("error", () => undefined);
  await write(socket, name.slice(0, -1));
  return { name, socket };
}

async function named({ name, socket }: Early): Promise<Wire> {
  try {
    await write(socket, name.slice(-1));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { name, socket };
}

function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve())));
}
