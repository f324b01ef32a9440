import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, it, onTestFinished } from "vitest";
import {
  PREFIX_LENGTH,
  WIRE_NAME_LENGTH,
} from "../../../../../plugins/command-executor/src/launcher/broker/messages.ts";
import { Wires } from "../../../../../plugins/command-executor/src/launcher/broker/wires.ts";

/** Closes the first connections as a runner does that has no file descriptors left, and reads the names of the others. */
async function forgetfulDock(closes: number) {
  const directory = await mkdtemp(join(tmpdir(), "wires-"));
  const server = createServer();
  const names = new Set<string>();
  const sockets = new Set<Socket>();
  const closed = Promise.withResolvers<void>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    if (++connections > closes)
      return void nameOf(socket).then(
        (name) => names.add(name),
        () => undefined,
      );
    socket.destroy();
    if (connections === closes) socket.once("close", () => closed.resolve());
  });
  const dock = join(directory, "dock");
  await once(server.listen(dock), "listening");
  onTestFinished(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await rm(directory, { recursive: true });
  });
  return { dock, names, closed: closed.promise };
}

async function nameOf(socket: Socket): Promise<string> {
  while (socket.readableLength < WIRE_NAME_LENGTH) await once(socket, "readable");
  return String(socket.read(WIRE_NAME_LENGTH));
}

describe("wires", () => {
  it("are made anew when they were closed meanwhile", async () => {
    const { dock, names, closed } = await forgetfulDock(4);
    const wires = new Wires({ type: "greeting", dock, prefix: "0".repeat(PREFIX_LENGTH) });
    await closed;
    const taken = await wires.take(2);
    for (const { socket } of taken) onTestFinished(() => void socket.destroy());
    while (!taken.every(({ name }) => names.has(name))) await nextTurn();
  });
});
