import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, type FaultKind, FaultProxy } from "leasehold/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const ANSWER = `{"ok": ${"true".padEnd(4_000)}}`;
let upstream: Server;
let seen: string[];
let answered: string;
let faults: (Fault | undefined)[];
let proxy: FaultProxy;
let port: number | undefined;

beforeEach(async () => {
  seen = [];
  answered = ANSWER;
  faults = [];
  upstream = createServer((incoming, response) => void answer(incoming).then((text) => response.end(text)));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  port = (upstream.address() as AddressInfo).port;
  proxy = new FaultProxy({ port: () => port, fault: () => faults.shift() });
  await proxy.listen();
});

afterEach(async () => {
  await proxy.close();
  upstream.closeAllConnections();
  upstream.close();
});

describe("the proxy", () => {
  it("passes requests and answers on as they are", async () => {
    expect(await ask()).toMatchObject({ status: 200, text: ANSWER });
    expect(seen).toEqual(["POST /runs?status=stopping the body"]);
  });

  it("resets connections while the coordinator is away", async () => {
    port = undefined;
    expect(await ask()).toMatchObject({ code: "ECONNRESET" });
  });

  it("leaves the coordinator when its client leaves", async () => {
    const gone = Promise.withResolvers<void>();
    upstream.removeAllListeners("request").on("request", (_, response) => {
      response.on("close", gone.resolve);
      leave.abort();
    });
    const leave = new AbortController();
    expect(await ask(leave.signal)).toMatchObject({ code: "ABORT_ERR" });
    await gone.promise;
  });
});

describe("a fault", () => {
  it("refuses connections for a while", async () => {
    faults = [fault("refuse", { ms: 3_000 })];
    expect(await ask()).toMatchObject({ code: "ECONNRESET" });
    expect(await ask()).toMatchObject({ code: "ECONNREFUSED" });
    await expect.poll(() => ask()).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(1);
  });

  it("resets before the coordinator acts", async () => {
    faults = [fault("reset")];
    expect(await ask()).toMatchObject({ code: "ECONNRESET" });
    expect(seen).toEqual([]);
  });

  it("drops the answer after the coordinator acted", async () => {
    faults = [fault("drop", { acted: true })];
    expect(await ask()).toMatchObject({ code: "ECONNRESET" });
    expect(seen).toHaveLength(1);
  });

  it("cuts the answer in the middle of its body", async () => {
    faults = [fault("cut", { acted: true })];
    const { status, text = "", code } = await ask();
    expect([status, code]).toEqual([200, "ECONNRESET"]);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(ANSWER.length);
  });

  it("delays the answer", async () => {
    faults = [fault("delay", { acted: true, ms: 150 })];
    const asked = performance.now();
    expect(await ask()).toMatchObject({ status: 200, text: ANSWER });
    expect(performance.now() - asked).toBeGreaterThan(145);
  });

  it("lets the answer drip, but whole", async () => {
    faults = [fault("drip", { acted: true, ms: 150 })];
    const { text, pieces } = await ask();
    expect(text).toBe(ANSWER);
    expect(pieces).toBeGreaterThan(3);
  });

  it.each([false, true])("leaves the connection half-open (acted: %s)", async (acted) => {
    faults = [fault("hang", { acted, ms: 150 })];
    const asked = performance.now();
    expect(await ask()).toMatchObject({ code: "ECONNRESET" });
    expect(performance.now() - asked).toBeGreaterThan(145);
    expect(seen).toHaveLength(acted ? 1 : 0);
  });

  it.each([false, true])("answers 500 (acted: %s)", async (acted) => {
    faults = [fault("error", { acted })];
    expect(await ask()).toMatchObject({ status: 500, text: "Internal Server Error" });
    expect(seen).toHaveLength(acted ? 1 : 0);
  });

  it.each([false, true])("answers garbage (acted: %s)", async (acted) => {
    faults = [fault("garbage", { acted })];
    expect((await ask()).code).toMatch(/^HPE_/);
    expect(seen).toHaveLength(acted ? 1 : 0);
  });

  it.each([false, true])("answers a page of its own (acted: %s)", async (acted) => {
    faults = [fault("page", { acted })];
    expect(await ask()).toMatchObject({ status: 200, text: expect.stringContaining("<title>") });
    expect(seen).toHaveLength(acted ? 1 : 0);
  });

  it("denies the credentials", async () => {
    faults = [fault("deny")];
    expect(await ask()).toMatchObject({ status: 401, text: '{"detail":"Not authenticated"}' });
    expect(seen).toEqual([]);
  });

  it("gives an answer that handed out a run once more, and no third time", async () => {
    faults = [undefined, fault("again"), fault("again")];
    answered = '{"run": {"n": 1}}';
    expect(await ask()).toMatchObject({ status: 200, text: answered });
    answered = "{}";
    expect(await ask()).toMatchObject({ status: 200, text: '{"run": {"n": 1}}' });
    expect(await ask()).toMatchObject({ status: 200, text: "{}" });
    expect(seen).toHaveLength(2);
  });

  it("breaks connections under way, and takes new ones after a while", async () => {
    faults = [fault("delay", { acted: true, ms: 60_000 })];
    const underWay = ask();
    await expect.poll(() => seen.length).toBe(1);
    proxy.disconnect(50);
    expect(await underWay).toMatchObject({ code: "ECONNRESET" });
    await expect.poll(() => ask()).toMatchObject({ status: 200 });
  });

  it.each<FaultKind>(["reset", "restart", "drop", "cut", "garbage", "error"])(
    "%s is over with its request",
    async (kind) => {
      faults = [fault(kind, { acted: true }), undefined];
      await ask();
      expect(await ask()).toMatchObject({ status: 200, text: ANSWER });
    },
  );
});

function fault(kind: FaultKind, { acted = false, ms = 10 }: Partial<Fault> = {}): Fault {
  return { kind, acted, ms };
}

async function answer(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  seen.push(`${incoming.method} ${incoming.url} ${body}`);
  return answered;
}

interface Received {
  status?: number | undefined;
  text?: string;
  pieces?: number;
  /** The code of what went wrong. */
  code?: string | undefined;
}

/** One request on a connection of its own; whatever comes of it. */
async function ask(signal?: AbortSignal): Promise<Received> {
  const received: Received = {};
  const agent = new Agent({ keepAlive: false });
  const asking = request(`${proxy.url}/runs?status=stopping`, { method: "POST", agent, ...(signal ? { signal } : {}) });
  asking.on("error", (thrown: NodeJS.ErrnoException) => {
    received.code = thrown.code;
  });
  asking.end("the body");
  try {
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    received.status = response.statusCode;
    received.text = "";
    received.pieces = 0;
    for await (const chunk of response) {
      received.text += String(chunk);
      received.pieces++;
    }
  } catch (thrown) {
    received.code = (thrown as NodeJS.ErrnoException).code;
  }
  return received;
}
