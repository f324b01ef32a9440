import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { Pool } from "undici";
import { describe, expect, it } from "vitest";
import { AgentPool } from "../../../../plugins/docker-oken/src/invoke/agent-pool.ts";
import { callAgent } from "../../../../plugins/docker-oken/src/invoke/call-agent.ts";
import { pythons } from "../wrapper/python-program.ts";
import { WrapperProcess } from "../wrapper/wrapper-process.ts";

const never = new AbortController().signal;
const ECHO = "def handler(input):\n    return {'seen': input}\n";
const MEETING = `
import asyncio
opened = asyncio.Event()
async def handler(input):
    if input.get("opens"):
        opened.set()
        return {"did": "open"}
    print("waiting", flush=True)
    try:
        await opened.wait()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
    return {"did": "wait"}
`;

/** Connections to a port through a relay that counts them and can cut them. */
class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly http: Pool;
  readonly pool: AgentPool;
  connections = 0;

  private constructor(server: Server) {
    const { port } = server.address() as AddressInfo;
    const host = "127.0.0.1";
    this.#server = server;
    this.http = new Pool(`http://${host}:${port}`);
    this.pool = new AgentPool({ host, port, http: this.http, wrapped: true });
  }

  static async to(port: number): Promise<Relay> {
    return Relay.serving((socket) => {
      const far = createConnection(port, "127.0.0.1");
      far.on("error", () => socket.destroy());
      socket.on("close", () => far.destroy());
      socket.pipe(far).pipe(socket);
    });
  }

  static async serving(serve: (socket: Socket) => void): Promise<Relay> {
    const server = createServer({ noDelay: true }, (socket) => {
      relay.connections++;
      relay.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      serve(socket);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const relay = new Relay(server);
    return relay;
  }

  call(input: unknown, { signal = never, mostBytes = 10_000_000, invokeTimeoutMs = 20_000 } = {}): Promise<string> {
    const call = { dispatcher: this.pool, invokeTimeoutMs, leave: () => undefined };
    return callAgent(call, JSON.stringify(input), mostBytes, signal);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.destroy();
    this.cut();
    this.#server.close();
  }
}

describe.skipIf(pythons.length === 0).each(pythons)("the connections to a wrapper under %s", (python) => {
  const start = (main: string, env: Readonly<Record<string, string>> = {}) =>
    WrapperProcess.start(python, { "main.py": main }, env);

  it("are one, however many calls are under way", async () => {
    await using wrapper = await start(ECHO);
    await using relay = await Relay.to(wrapper.port);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => relay.call({ n })));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => `{"seen":{"n":${n}}}`));
    expect(relay.connections).toBe(1);
  });

  it("answer a call as soon as it ends, before earlier ones", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const waiting = relay.call({});
    await wrapper.wrote(/waiting/);
    expect(await relay.call({ opens: true })).toBe('{"did":"open"}');
    expect(await waiting).toBe('{"did":"wait"}');
    expect(relay.connections).toBe(1);
  });

  it("tell the agent of a call that is given up; others go on, and later ones take a new connection", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const gone = new AbortController();
    const abandoned = relay.call({}, { signal: gone.signal });
    const waiting = relay.call({});
    await wrapper.wrote(/waiting.*waiting/s);
    gone.abort(new Error("the caller left"));
    await expect(abandoned).rejects.toThrow("the caller left");
    await wrapper.wrote(/cancelled/);
    expect(await relay.call({ opens: true })).toBe('{"did":"open"}');
    expect(await waiting).toBe('{"did":"wait"}');
    expect(relay.connections).toBe(2);
    expect(wrapper.output.match(/cancelled/g)).toHaveLength(1);
  });

  it("interrupt a synchronous call that takes too long", async () => {
    const main = "import time\ndef handler(input):\n    while input.get('loops'): time.sleep(0.01)\n    return {}\n";
    await using wrapper = await start(main, { OKEN_CONCURRENCY: "1" });
    await using relay = await Relay.to(wrapper.port);
    const late = relay.call({ loops: true }, { invokeTimeoutMs: 50 });
    await expect(late).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 504 });
    // Only once the place is free can this one have it.
    expect(await relay.call({})).toBe("{}");
  });

  it("go on when a call gets no thread, and its place is free again", async () => {
    const main = `
import threading
opened = threading.Event()
real = threading.Thread.start
def start(thread):
    if scarce:
        raise RuntimeError("can't start new thread")
    real(thread)
threading.Thread.start = start
scarce = False
def handler(input):
    global scarce
    scarce = True
    print("waiting", flush=True)
    opened.wait(20 if input.get("waits") else 0)
    return {"did": "wait"}
`;
    await using wrapper = await start(main, { OKEN_CONCURRENCY: "2" });
    await using relay = await Relay.to(wrapper.port);
    const gone = new AbortController();
    const waiting = relay.call({ waits: true }, { signal: gone.signal });
    await wrapper.wrote(/waiting/);
    for (let call = 0; call < 3; call++)
      await expect(relay.call({})).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 500 });
    expect(wrapper.output).toContain("can't start new thread");
    expect(relay.connections).toBe(1);
    gone.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  it("give large inputs a connection of their own", async () => {
    await using wrapper = await start("def handler(input):\n    return {'length': len(input['text'])}\n");
    await using relay = await Relay.to(wrapper.port);
    const lengths = await Promise.all([1, 3_000_000].map((length) => relay.call({ text: "x".repeat(length) })));
    expect(lengths).toEqual(['{"length":1}', '{"length":3000000}']);
    expect(relay.connections).toBe(2);
  });

  it("carry large answers, and none that is too large", async () => {
    await using wrapper = await start("def handler(input):\n    return {'text': 'x' * input['length']}\n");
    await using relay = await Relay.to(wrapper.port);
    expect(await relay.call({ length: 5_000_000 })).toHaveLength(5_000_011);
    const tooLong = relay.call({ length: 5_000_000 }, { mostBytes: 1_000_000 });
    await expect(tooLong).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
    expect(await relay.call({ length: 1 })).toBe('{"text":"x"}');
  });

  it("pass on what the wrapper refuses and what the agent raises", async () => {
    await using wrapper = await start("def handler(input):\n    raise ValueError('secret reason')\n");
    await using relay = await Relay.to(wrapper.port);
    await expect(relay.call({})).rejects.toMatchObject({ message: "Agent returned 500: Internal Server Error" });
  });

  it("fail the calls of a connection that breaks, and are made anew", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const calls = [relay.call({}), relay.call({})];
    await wrapper.wrote(/waiting.*waiting/s);
    relay.cut();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
    await wrapper.wrote(/cancelled.*cancelled/s);
    expect(await relay.call({ opens: true })).toBe('{"did":"open"}');
  });

  it("fail at once when the agent dies", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const call = relay.call({});
    await wrapper.wrote(/waiting/);
    wrapper.program.kill("SIGKILL");
    await expect(call).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
    await wrapper.ended;
    await expect(relay.call({})).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
  });

  it("let calls in flight end after SIGTERM", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const waiting = relay.call({});
    await wrapper.wrote(/waiting/);
    wrapper.program.kill("SIGTERM");
    expect(await relay.call({ opens: true })).toBe('{"did":"open"}');
    expect(await waiting).toBe('{"did":"wait"}');
    expect(await wrapper.ended).toBe(0);
  });

  it("end with the agent that is stopped while they are idle", async () => {
    await using wrapper = await start(ECHO);
    await using relay = await Relay.to(wrapper.port);
    await relay.call({});
    wrapper.program.kill("SIGTERM");
    expect(await wrapper.ended).toBe(0);
  });

  it("end when they are closed, with everything under way", async () => {
    await using wrapper = await start(MEETING);
    await using relay = await Relay.to(wrapper.port);
    const call = relay.call({});
    await wrapper.wrote(/waiting/);
    await relay.pool.destroy();
    await expect(call).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
    await wrapper.wrote(/cancelled/);
  });

  it("are cut by the wrapper when a frame is longer than a body may be", async () => {
    await using wrapper = await start(ECHO, { OKEN_BODY_BYTES: "20" });
    await using relay = await Relay.to(wrapper.port);
    const tooLong = relay.call({ text: "x".repeat(20) });
    await expect(tooLong).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
    expect(await relay.call({})).toBe('{"seen":{}}');
  });
});

describe("connections to what is no wrapper of today", () => {
  it("are plain HTTP where the wrapper knows nothing else", async () => {
    const asked: string[] = [];
    const old = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.method !== "POST") return response.writeHead(405).end();
      request.resume().on("end", () => response.end('{"output":{"from":"http"}}'));
    });
    await once(old.listen(0, "127.0.0.1"), "listening");
    await using relay = await Relay.to((old.address() as AddressInfo).port);
    expect(await Promise.all([relay.call({}), relay.call({})])).toEqual(['{"from":"http"}', '{"from":"http"}']);
    expect(await relay.call({})).toBe('{"from":"http"}');
    expect(asked).toEqual(["GET /invoke", "POST /invoke", "POST /invoke", "POST /invoke"]);
    old.close();
  });

  it("survive answers to calls that nobody made", async () => {
    const frame = (number: number, content: string) => {
      const head = Buffer.alloc(10);
      head.writeUInt32BE(content.length, 0);
      head.writeUInt32BE(number, 4);
      head.writeUInt16BE(200, 8);
      return Buffer.concat([head, Buffer.from(content)]);
    };
    await using relay = await Relay.serving((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        socket.write(Buffer.concat([frame(99, "x"), frame(0, "")]));
        socket.on("data", (bytes) => socket.write(frame(bytes.readUInt32BE(4), '{"output":{}}')));
      });
    });
    expect(await relay.call({})).toBe("{}");
    expect(await relay.call({})).toBe("{}");
  });

  it.each([
    ["says more than a head can be", "x".repeat(20_000)],
    ["closes at once", undefined],
  ])("fail where what answers %s", async (_what, words) => {
    await using relay = await Relay.serving((socket) => {
      if (words === undefined) socket.end();
      else socket.write(words);
    });
    await expect(relay.call({})).rejects.toMatchObject({ code: "INVOKE_FAILED", status: 502 });
  });
});
