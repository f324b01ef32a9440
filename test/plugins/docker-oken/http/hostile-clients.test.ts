import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveOf } from "../../script-executor/archives.ts";
import { echo } from "../local-agents.ts";
import { ask, invoke, type LocalApi, localApi } from "../local-api.ts";

async function socketTo({ url }: LocalApi): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** What comes back until the server closes. */
async function talk(api: LocalApi, text: string | Buffer): Promise<string> {
  const socket = await socketTo(api);
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const call = (body: string, more = "", id = "echo") =>
  `POST /invoke/${id} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;

async function echoing(given = {}): Promise<LocalApi> {
  const api = await localApi(given);
  await api.agents.add("echo", echo);
  return api;
}

describe("a request that is none", () => {
  test.each<[string, string, RegExp]>([
    [
      "states length and chunks",
      "POST /invoke/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1.1 400 /,
    ],
    [
      "states two lengths",
      "POST /invoke/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
      /^HTTP\/1.1 400 /,
    ],
    [
      "has chunks of no size",
      "POST /invoke/echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      /^HTTP\/1.1 400 /,
    ],
    [
      "has a header of 20 kB",
      `GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    [
      "has ten thousand headers",
      `GET /health HTTP/1.1\r\nhost: localhost\r\n${"x: y\r\n".repeat(1e4)}\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    ["has an address of 20 kB", `GET /${"y".repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, /^HTTP\/1.1 431 /],
    ["is TLS", "\x16\x03\x01\x02\x00\x01", /^HTTP\/1.1 400 /],
    ["has no host", "GET /health HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
    ["folds its headers", "GET /health HTTP/1.1\r\nhost: localhost\r\nx: y\r\n z\r\n\r\n", /^HTTP\/1.1 400 /],
    ["wants a tunnel", "CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n", /^(HTTP\/1.1 4|$)/],
  ])("that %s ends its connection, and no other's", async (_, text, answer) => {
    const api = await echoing();
    expect(await talk(api, text)).toMatch(answer);
    expect(await invoke(api.url, "echo", { input: {} })).toMatchObject({ status: 200 });
  });

  test("that asks for another protocol is answered in this one", async () => {
    const api = await echoing();
    const text = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n";
    expect(await talk(api, text)).toMatch(/^HTTP\/1.1 200 [\s\S]*"ok"/);
  });
});

describe("calls", () => {
  test("in one stream are answered in order", async () => {
    const api = await echoing();
    const calls = Array.from({ length: 300 }, (_, at) => call(`{"input":{"n":${at}}}`));
    const answers = await talk(api, `${calls.join("")}${call('{"input":{"n":"last"}}', "connection: close\r\n")}`);
    const outputs = [...answers.matchAll(/"output":\{"n":(\d+|"last")\}/g)].map(([, n]) => n);
    expect(outputs).toEqual([...calls.keys(), '"last"'].map(String));
  });

  test("that never arrive hold up no others", async () => {
    const api = await echoing({ maxInFlight: 2, maxQueued: 2 });
    const slow = await Promise.all(Array.from({ length: 500 }, () => socketTo(api)));
    for (const [at, socket] of slow.entries()) socket.write(at % 2 ? call("x".repeat(100)).slice(0, -50) : "POST /inv");
    for (let turn = 0; turn < 20; turn++)
      expect(await invoke(api.url, "echo", { input: {} })).toMatchObject({ status: 200 });
  });

  test("whose callers leave give their places back", async () => {
    const api = await localApi({ maxInFlight: 3, maxQueued: 3 });
    const open = new Set<unknown>();
    await api.agents.add("slow", (_request, response, body) => {
      if (body.includes("quick")) return void response.end('{"output":{}}');
      open.add(response);
      response.on("close", () => open.delete(response));
    });
    for (let turn = 0; turn < 10; turn++) {
      const sockets = await Promise.all(Array.from({ length: 6 }, () => socketTo(api)));
      for (const socket of sockets) socket.write(call('{"input":{}}', "", "slow"));
      await expect.poll(() => open.size, { interval: 5 }).toBe(3);
      for (const socket of sockets) socket.destroy();
      await expect.poll(() => open.size, { interval: 5 }).toBe(0);
    }
    await expect
      .poll(async () => (await invoke(api.url, "slow", { input: { quick: 1 } })).status, { interval: 5 })
      .toBe(200);
  });

  test("with answers that nobody reads hold up no others", async () => {
    const api = await echoing();
    const body = JSON.stringify({ input: { a: "x".repeat(2_000_000) } });
    const deaf = await Promise.all(Array.from({ length: 5 }, () => socketTo(api)));
    for (const socket of deaf) {
      socket.pause();
      for (let turn = 0; turn < 2; turn++) socket.write(call(body));
    }
    for (let turn = 0; turn < 20; turn++)
      expect(await invoke(api.url, "echo", { input: {} })).toMatchObject({ status: 200 });
  });
});

test("the steps of a deployment do not pile up for who does not read them", async () => {
  const api = await echoing();
  const told = Promise.withResolvers<void>();
  api.agents.onDeploy = async (_id, _folder, { onLine }) => {
    for (let line = 0; line < 1_000; line++) onLine?.("z".repeat(100_000));
    told.resolve();
    return { status: "running" };
  };
  const part = (name: string, content: Buffer | string, more = "") =>
    `--x\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${content.toString("latin1")}\r\n`;
  const form = `${part("agent_id", "a")}${part("tarball", await archiveOf([]), '; filename="a"')}--x--\r\n`;
  const head = `POST /deploy HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: ${form.length}\r\n\r\n`;
  const socket = await socketTo(api);
  socket.pause();
  socket.write(Buffer.from(head + form, "latin1"));
  await told.promise;
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  expect(answer.length).toBeLessThan(20_000_000);
  expect(answer.includes("lines were left out here")).toBe(true);
  expect(answer.includes('"status":"running"')).toBe(true);
});

describe("a log that never ends", () => {
  const line = Buffer.from("y".repeat(40_000));

  /** Lines without end, and how many were asked for and given up. */
  function endless(api: LocalApi) {
    const seen = { lines: 0, open: 0 };
    api.agents.lines = async function* ({ signal }) {
      seen.open++;
      try {
        for (; !signal.aborted; seen.lines++) {
          yield line;
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        seen.open--;
      }
    };
    return seen;
  }

  test.each(["follow=true", "follow=false"])("is not read ahead of who does not read it (%s)", async (query) => {
    const api = await echoing();
    const seen = endless(api);
    const socket = await socketTo(api);
    socket.pause();
    socket.write(`GET /logs/echo?${query} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = seen.lines > 0 && seen.lines === before;
          before = seen.lines;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(seen.lines * line.length).toBeLessThan(30_000_000);
    expect(await invoke(api.url, "echo", { input: {} })).toMatchObject({ status: 200 });
    socket.destroy();
    await expect.poll(() => seen.open).toBe(0);
  });

  test("may have many followers, and ends for each that leaves", async () => {
    const api = await echoing();
    let open = 0;
    api.agents.lines = async function* ({ signal }) {
      open++;
      yield Buffer.from("hello");
      await once(signal, "abort");
      open--;
    };
    const followers = await Promise.all(Array.from({ length: 300 }, () => socketTo(api)));
    for (const socket of followers) socket.write("GET /logs/echo?follow=1 HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await expect.poll(() => open).toBe(300);
    expect(await ask(`${api.url}/health`)).toMatchObject({ status: 200 });
    for (const socket of followers) socket.destroy();
    await expect.poll(() => open).toBe(0);
  });
});
