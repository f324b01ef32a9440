import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterListening } from "../after-listening.ts";
import { WIRE_NAME_LENGTH } from "./messages.ts";

/** How long a connection may take to arrive after its name, in milliseconds. */
const MEETING_MS = 5_000;

/**
 * Where the streams of children arrive that brokers start: a unix socket in a directory of our own. A child writes straight
 * into its connection, so a full one holds it up as a pipe would, and what a broker's death cuts off is not its output.
 */
export class Dock {
  readonly #server: Server;
  readonly #directory: string;
  readonly #named = new Map<string, Socket>();
  readonly #awaited = new Map<string, PromiseWithResolvers<Socket>>();
  readonly #lost = Promise.withResolvers<void>();

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
    // A connection that could not be accepted, as for want of file descriptors, is missed by who claims it.
    server.on("error", () => undefined);
    server.on("connection", (socket: Socket) => this.#welcome(socket));
  }

  static async open(): Promise<Dock> {
    const directory = await mkdtemp(join(tmpdir(), "leasehold-dock-"));
    const server = createServer();
    const dock = new Dock(server, directory);
    try {
      server.listen(dock.path).unref();
      await once(server, "listening");
    } catch (error) {
      await dock.close();
      throw error;
    }
    return dock;
  }

  /** Settles when it turns out that nobody can reach it any more, as when its directory was removed. */
  get lost(): Promise<void> {
    return this.#lost.promise;
  }

  giveUp(): void {
    this.#lost.resolve();
  }

  get path(): string {
    return join(this.#directory, "dock");
  }

  /** The connection that calls itself so, once it is there. Rejects when it does not come, as for want of file descriptors. */
  async claim(name: string): Promise<Socket> {
    const socket = this.#named.get(name) ?? (await this.#arrival(name));
    this.#named.delete(name);
    return socket.ref();
  }

  /** Lets go of connections that nobody will claim: their names begin so. */
  forget(prefix: string): void {
    for (const [name, socket] of this.#named) {
      if (!name.startsWith(prefix)) continue;
      this.#named.delete(name);
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.forget("");
    for (const { reject } of this.#awaited.values()) reject(new Error("a stream of a child has nowhere to arrive"));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #arrival(name: string): Promise<Socket> {
    const awaited = Promise.withResolvers<Socket>();
    const callOff = afterListening(MEETING_MS, () => awaited.reject(new Error("a stream of a child did not arrive")));
    this.#awaited.set(name, awaited);
    try {
      return await awaited.promise;
    } finally {
      callOff();
      this.#awaited.delete(name);
    }
  }

  #welcome(socket: Socket): void {
    socket.unref();
    socket.on("error", () => socket.destroy());
    const read = () => {
      const name: Buffer | null = socket.read(WIRE_NAME_LENGTH);
      if (name === null) return;
      socket.off("readable", read);
      // Whoever has died before the name was whole.
      if (name.length < WIRE_NAME_LENGTH) return void socket.destroy();
      this.#enter(name.toString("latin1"), socket);
    };
    socket.on("readable", read);
  }

  #enter(name: string, socket: Socket): void {
    const awaited = this.#awaited.get(name);
    if (awaited) awaited.resolve(socket);
    else this.#named.set(name, socket);
  }
}
