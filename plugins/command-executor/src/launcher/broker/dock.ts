import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WIRE_NAME_BYTES } from "./messages.ts";

/** How long a connection may stay unnamed, in milliseconds. */
const NAMING_MS = 5_000;

/**
 * Where the streams of children arrive that brokers start: a unix socket in a directory of our own. A child writes straight
 * into its connection, so a full one holds it up as a pipe would, and what a broker's death cuts off is not its output.
 */
export class Dock {
  readonly #server: Server;
  readonly #directory: string;
  readonly #named = new Map<string, Socket>();
  readonly #awaited = new Map<string, (socket: Socket) => void>();

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
    server.on("connection", (socket: Socket) => this.#welcome(socket));
  }

  static async open(): Promise<Dock> {
    const directory = await mkdtemp(join(tmpdir(), "leasehold-"));
    const server = createServer({ allowHalfOpen: true });
    const dock = new Dock(server, directory);
    server.listen(dock.path).unref();
    await once(server, "listening");
    return dock;
  }

  get path(): string {
    return join(this.#directory, "dock");
  }

  /** The connection that calls itself so, once it is there. */
  claim(name: string): Promise<Socket> {
    const socket = this.#named.get(name);
    this.#named.delete(name);
    if (socket) return Promise.resolve(socket.ref());
    return new Promise((resolve) => this.#awaited.set(name, (late) => resolve(late.ref())));
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#named.values()) socket.destroy();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #welcome(socket: Socket): void {
    socket.unref();
    socket.on("error", () => socket.destroy());
    const giveUp = setTimeout(() => socket.destroy(), NAMING_MS).unref();
    const read = () => {
      const name: Buffer | null = socket.read(WIRE_NAME_BYTES);
      if (name === null) return;
      clearTimeout(giveUp);
      socket.off("readable", read);
      this.#enter(name.toString("latin1"), socket);
    };
    socket.on("readable", read);
  }

  #enter(name: string, socket: Socket): void {
    const awaiting = this.#awaited.get(name);
    this.#awaited.delete(name);
    if (awaiting) return awaiting(socket);
    this.#named.set(name, socket);
    socket.once("close", () => this.#named.delete(name));
  }
}
