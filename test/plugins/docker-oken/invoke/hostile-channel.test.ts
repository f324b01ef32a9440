import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Pool } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { AgentPool } from "../../../../plugins/docker-oken/src/invoke/agent-pool.ts";
import { callAgent } from "../../../../plugins/docker-oken/src/invoke/call-agent.ts";

const AGREED = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: oken-calls\r\n\r\n";
const OUTPUT = '{"output":{"a":1}}';

function answer(number: number, content = OUTPUT, { status = 200, length = content.length } = {}): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt32BE(length, 0);
  head.writeUInt32BE(number, 4);
  head.writeUInt16BE(status, 8);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** A wrapper that agrees to the channel, and then does as the test says with what comes in. */
async function wrapperOf(serve: (socket: Socket, nth: number) => void) {
  const sockets = new Set<Socket>();
  let connected = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    serve(socket, connected++);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const http = new Pool(`http://127.0.0.1:${port}`);
  const pool = new AgentPool({ host: "127.0.0.1", port, http, wrapped: true });
  onTestFinished(async () => {
    await pool.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const call = (invokeTimeoutMs = 20_000, signal = new AbortController().signal) =>
    callAgent({ dispatcher: pool, invokeTimeoutMs, leave: () => undefined }, "{}", 100_000, signal);
  return { call, sockets, connections: () => connected };
}

/** After the agreement, once the first call has come. */
const says =
  (bytes: Buffer | string, then: (socket: Socket) => void = () => undefined) =>
  (socket: Socket) => {
    socket.once("data", () => {
      socket.write(AGREED);
      socket.once("data", () => {
        socket.write(bytes);
        then(socket);
      });
    });
  };
const end = (socket: Socket) => void socket.end();
const reset = (socket: Socket) => void socket.resetAndDestroy();

describe("a call over a channel to a wrapper", () => {
  test("that answers succeeds", async () => {
    const { call } = await wrapperOf(says(answer(1)));
    await expect(call()).resolves.toBe('{"a":1}');
  });

  test.each<[string, (socket: Socket) => void]>([
    ["closes at once", end],
    ["resets at once", reset],
    ["agrees and closes", says("", end)],
    ["closes amid the head of its answer", says(answer(1).subarray(0, 5), end)],
    ["closes amid its answer", says(answer(1).subarray(0, 15), end)],
    ["resets amid its answer", says(answer(1).subarray(0, 15), reset)],
    ["announces four gigabytes and closes", says(answer(1, "{", { length: 2 ** 32 - 1 }), end)],
    ["answers with no status", says(answer(1, OUTPUT, { status: 0 }))],
    ["answers with an interim status", says(answer(1, OUTPUT, { status: 103 }))],
    ["answers with a status beyond all", says(answer(1, OUTPUT, { status: 65_535 }))],
    ["answers with nothing", says(answer(1, ""))],
    ["answers more than may be", says(answer(1, "x".repeat(200_000)))],
    ["answers with noise", says(Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7) % 256)), end)],
    ["answers the wish with a flood", (socket) => void socket.write("x".repeat(100_000))],
    ["answers the wish with half a line", (socket) => void socket.end("HTTP/1.1 10")],
  ])("that %s fails in words", async (_, serve) => {
    const { call } = await wrapperOf(serve);
    const thrown = await call().catch((reason) => reason);
    expect(thrown).toMatchObject({ name: "OkenError", code: "INVOKE_FAILED" });
  });

  test("hears no answer to another's call, nor a second one", async () => {
    const evil = '{"output":{"evil":1}}';
    const { call } = await wrapperOf(
      says(Buffer.concat([answer(0, evil), answer(2, evil), answer(99, evil), answer(1), answer(1, evil)])),
    );
    await expect(call()).resolves.toBe('{"a":1}');
  });

  test.each<[string, (socket: Socket) => void]>([
    ["never agrees", (socket) => void socket.resume()],
    ["agrees and never answers", says("", (socket) => void socket.resume())],
    ["answers half", says(answer(1).subarray(0, 15), (socket) => void socket.resume())],
  ])("to a wrapper that %s times out, and its connection closes", async (_, serve) => {
    const { call, sockets } = await wrapperOf(serve);
    const calls = Array.from({ length: 5 }, () => call(100).catch((reason) => reason));
    for (const thrown of await Promise.all(calls)) expect(thrown).toMatchObject({ status: 504 });
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("that is given up leaves the others and the next ones alone", async () => {
    const over = new AbortController();
    const { call, connections } = await wrapperOf((socket, nth) => {
      socket.once("data", () => {
        socket.write(AGREED);
        socket.once("data", () => {
          if (nth === 0) over.abort(new Error("gone"));
          socket.write(nth === 0 ? answer(2) : answer(1));
        });
      });
    });
    const [given, other] = [call(20_000, over.signal), call()];
    await expect(given).rejects.toThrow("gone");
    await expect(other).resolves.toBe('{"a":1}');
    await expect(call()).resolves.toBe('{"a":1}');
    expect(connections()).toBe(2);
  });

  test("goes another way where the wrapper knows no channel", async () => {
    const { call } = await wrapperOf((socket) =>
      socket.on("data", (chunk) => {
        const body = chunk.toString("latin1").includes("upgrade:") ? "no" : OUTPUT;
        const status = body === "no" ? "404 Not Found" : "200 OK";
        socket.write(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      }),
    );
    await expect(Promise.all([call(), call(), call()])).resolves.toHaveLength(3);
  });
});
