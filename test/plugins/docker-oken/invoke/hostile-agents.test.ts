import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Pool } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { callAgent } from "../../../../plugins/docker-oken/src/invoke/call-agent.ts";

const OUTPUT = '{"output":{"a":1}}';
const GOOD = `HTTP/1.1 200 OK\r\ncontent-length: ${OUTPUT.length}\r\n\r\n${OUTPUT}`;

/** An agent that is nothing but a socket; it gets each connection and its number. */
async function agentOf(serve: (socket: Socket, nth: number) => void, connections = 1) {
  let connected = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    serve(socket, connected++);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections });
  onTestFinished(async () => {
    await pool.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const call = (input = "{}", invokeTimeoutMs = 20_000, signal = new AbortController().signal) =>
    callAgent({ dispatcher: pool, invokeTimeoutMs, leave: () => undefined }, input, 100_000, signal);
  return { call, sockets };
}

const says =
  (answer: string | Buffer, then: (socket: Socket) => void = () => undefined) =>
  (socket: Socket) => {
    socket.once("data", () => {
      socket.write(answer);
      then(socket);
    });
  };
const end = (socket: Socket) => void socket.end();
const reset = (socket: Socket) => void socket.resetAndDestroy();

describe("a call to an agent", () => {
  test.each<[string, (socket: Socket) => void]>([
    ["says nothing of HTTP", says("hello\r\n\r\n")],
    ["answers with noise", says(Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7) % 256)))],
    ["closes at once", (socket) => void socket.end()],
    ["resets at once", (socket) => void socket.resetAndDestroy()],
    ["closes amid the status line", says("HTTP/1.1 20", end)],
    ["closes amid the headers", says("HTTP/1.1 200 OK\r\ncontent-le", end)],
    ["closes amid the body", says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", end)],
    ["resets amid the body", says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", reset)],
    ["closes amid a chunk", says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{", end)],
    ["has no last chunk", says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", end)],
    ["sends a chunk of no size", says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxx\r\n{}\r\n0\r\n\r\n")],
    ["states a negative length", says("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n")],
    ["states two lengths", says(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n${OUTPUT}`)],
    [
      "states length and chunks",
      says(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    ],
    ["states too short a length", says(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${OUTPUT}`)],
    ["sends a header of a megabyte", says(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(1_000_000)}\r\n\r\n`)],
    ["sends ten thousand headers", says(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(10_000)}\r\n`)],
    ["continues unasked", says(`HTTP/1.1 100 Continue\r\n\r\n${GOOD}`)],
    ["switches protocols", says("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")],
    ["claims to have no content", says("HTTP/1.1 204 No Content\r\n\r\n")],
    ["answers with a status below all", says("HTTP/1.1 099 What\r\ncontent-length: 0\r\n\r\n")],
    ["answers more than may be", says(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(200_000)}`)],
    ["answers zipped", says("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b")],
  ])("that %s fails in words", async (_, serve) => {
    const { call } = await agentOf(serve);
    await expect(call()).rejects.toMatchObject({ name: "OkenError", code: "INVOKE_FAILED", status: 502 });
  });

  test.each<[string, string]>([
    ["hints first", `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${GOOD}`],
    ["processes a thousand times first", `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000)}${GOOD}`],
    [
      "sends trailers",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n12\r\n${OUTPUT}\r\n0\r\ntrailing: x\r\n\r\n`,
    ],
    ["answers in chunks of a byte", chunked(OUTPUT)],
  ])("that %s succeeds", async (_, answer) => {
    const { call } = await agentOf(says(answer));
    await expect(call()).resolves.toBe('{"a":1}');
  });

  test.each([300, 302, 404, 418, 500, 599])("passes on what it says with status %i", async (status) => {
    const { call } = await agentOf(says(`HTTP/1.1 ${status} Odd\r\nlocation: /x\r\ncontent-length: 2\r\n\r\nno`));
    await expect(call()).rejects.toMatchObject({
      code: "INVOKE_FAILED",
      status,
      message: expect.stringContaining("no"),
    });
  });

  test.each<[string, (socket: Socket) => void]>([
    ["never answers", (socket) => void socket.resume()],
    ["answers half", says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")],
    ["trickles headers", (socket) => trickle(socket, "HTTP/1.1 200 OK\r\n", "x: y\r\n")],
    [
      "trickles chunks",
      (socket) => trickle(socket, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\n \r\n"),
    ],
  ])("that %s times out, and its connection closes", async (_, serve) => {
    const { call, sockets } = await agentOf(serve);
    await expect(call("{}", 1_000)).rejects.toMatchObject({
      status: 504,
      message: expect.stringContaining("timed out"),
    });
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("that is cancelled closes its connection, and the next one goes through", async () => {
    const over = new AbortController();
    const { call, sockets } = await agentOf((socket, nth) =>
      socket.once("data", () => (nth === 0 ? over.abort(new Error("gone")) : socket.write(GOOD))),
    );
    const [cancelled, next] = [call("{}", 20_000, over.signal), call()];
    await expect(cancelled).rejects.toThrow("gone");
    await expect(next).resolves.toBe('{"a":1}');
    expect(sockets.size).toBe(1);
  });

  test("that answers before it has read succeeds", async () => {
    const { call } = await agentOf((socket) => void socket.write(GOOD));
    const outcomes = await Promise.allSettled([call(`{"a":"${"x".repeat(5_000_000)}"}`)]);
    for (const one of outcomes)
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "INVOKE_FAILED" });
  });

  test("that closes after every answer succeeds every time", async () => {
    const { call } = await agentOf(says(GOOD, end), 4);
    const calls = Array.from({ length: 200 }, () => call());
    await expect(Promise.all(calls)).resolves.toHaveLength(200);
  });

  test("that closes idle connections at once succeeds every time", async () => {
    const { call } = await agentOf((socket) => {
      socket.once("data", () => {
        socket.write(GOOD);
        setImmediate(() => socket.end());
      });
    });
    for (let turn = 0; turn < 200; turn++) await expect(call()).resolves.toBe('{"a":1}');
  });

  test("that sends answers nobody asked for does not mix them up", async () => {
    const other = '{"output":{"evil":1}}';
    const evil = `HTTP/1.1 200 OK\r\ncontent-length: ${other.length}\r\n\r\n${other}`;
    const { call } = await agentOf(says(GOOD + evil));
    const first = await call().catch((thrown) => thrown);
    if (typeof first === "string") expect(first).toBe('{"a":1}');
    const second = await call().catch((thrown) => thrown);
    if (typeof second === "string") expect(second).toBe('{"a":1}');
  });
});

function chunked(text: string): string {
  const chunks = [...text].map((letter) => `1\r\n${letter}\r\n`).join("");
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

function trickle(socket: Socket, head: string, drop: string): void {
  socket.once("data", () => {
    socket.write(head);
    const dripping = setInterval(() => socket.write(drop), 5);
    socket.on("close", () => clearInterval(dripping));
  });
}
