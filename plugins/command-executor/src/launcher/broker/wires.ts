import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WIRE_NAME_BYTES } from "./messages.ts";

/** A connection to the dock that becomes a stream of a child. */
export interface Wire {
  readonly name: string;
  readonly socket: Socket;
}

/** Enough for one child while those of the next are being connected. */
const READY = 4;

/** Connections made in advance: the path of a run waits for none. */
export class Wires {
  readonly #dock: string;
  readonly #ready: Promise<Wire>[] = [];

  constructor(dock: string) {
    this.#dock = dock;
    this.#fill();
  }

  async take(count: number): Promise<Wire[]> {
    const taken = Array.from({ length: count }, () => this.#ready.shift() ?? this.#connect());
    setImmediate(() => this.#fill());
    return Promise.all(taken);
  }

  #fill(): void {
    while (this.#ready.length < READY) this.#ready.push(this.#connect());
  }

  #connect(): Promise<Wire> {
    const wire = connected(this.#dock);
    wire.catch(() => undefined);
    return wire;
  }
}

async function connected(dock: string): Promise<Wire> {
  const name = randomBytes(WIRE_NAME_BYTES / 2).toString("hex");
  // Paused, for what arrives is the child's to read.
  const socket = connect({ path: dock, allowHalfOpen: true }).pause();
  await once(socket, "connect");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => socket.write(name, (error) => (error ? reject(error) : resolve())));
  return { name, socket };
}
