import { writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pythons } from "./python-program.ts";
import { WrapperProcess } from "./wrapper-process.ts";

const ECHO = "def handler(input):\n    return input\n";

describe.skipIf(pythons.length === 0).each(pythons)("the wrapper under %s", (python) => {
  const start = (main: string, env: Readonly<Record<string, string>> = {}) =>
    WrapperProcess.start(python, { "main.py": main }, env);

  it.each([
    ["handler", "def handler(input):\n    return {'name': 'handler'}"],
    ["main", "def main(input):\n    return {'name': 'main'}"],
    ["invoke", "def invoke(input):\n    return {'name': 'invoke'}"],
    ["run", "def run(input):\n    return {'name': 'run'}"],
    ["handler", "def run(i): pass\ndef invoke(i): pass\nasync def handler(input):\n    return {'name': 'handler'}"],
    ["bound", "def _f(input):\n    return {'name': 'bound'}\nhandler = _f"],
    ["main", "handler = None\ndef main(input):\n    return {'name': 'main'}"],
    ["lambda", "handler = lambda input: {'name': 'lambda'}"],
    [
      "partial",
      "import functools\nasync def f(name, input):\n    return {'name': name}\nhandler = functools.partial(f, 'partial')",
    ],
    ["main", "if __name__ == '__main__':\n    raise SystemExit(3)\ndef handler(input):\n    return {'name': 'main'}"],
  ])("calls the handler %s (spec §3.3)", async (name, source) => {
    await using wrapper = await start(`${source}\n`);
    expect(await wrapper.outputOf({})).toEqual({ name });
  });

  it.each([
    ["run", "class Agent:\n    def run(self, input):\n        return {'name': 'run'}"],
    ["invoke", "class Agent:\n    def invoke(self, input):\n        return {'name': 'invoke'}"],
    ["call", "class Agent:\n    def __call__(self, input):\n        return {'name': 'call'}"],
    ["async", "class Agent:\n    async def __call__(self, input):\n        return {'name': 'async'}"],
    ["other", "class OtherAgent:\n    async def run(self, input):\n        return {'name': 'other'}"],
    [
      "Agent",
      "class A1Agent:\n    def run(self, i): pass\nclass Agent:\n    def run(self, i):\n        return {'name': 'Agent'}",
    ],
    [
      "first",
      "class NoAgent: pass\nclass OneAgent:\n    def run(self, i):\n        return {'name': 'first'}\nclass TwoAgent:\n    def run(self, i): pass",
    ],
    ["own", "from lib import Agent\nclass MyAgent:\n    def run(self, i):\n        return {'name': 'own'}"],
    ["imported", "from lib import Agent"],
    ["inherited", "class Base:\n    def run(self, i):\n        return {'name': 'inherited'}\nclass Agent(Base): pass"],
    [
      "concrete",
      "import abc\nclass BaseAgent(abc.ABC):\n    @abc.abstractmethod\n    def run(self, i): pass\nclass RealAgent(BaseAgent):\n    def run(self, i):\n        return {'name': 'concrete'}",
    ],
    ["class", "def handler(i): pass\nclass Agent:\n    def run(self, i):\n        return {'name': 'class'}"],
    [
      "fallback",
      "def f():\n    class InnerAgent:\n        def run(self): pass\ndef handler(i):\n    return {'name': 'fallback'}",
    ],
  ])("calls the agent's method: %s (spec §3.3)", async (name, source) => {
    const files = {
      "main.py": `${source}\n`,
      "lib.py": "class Agent:\n    def run(self, i):\n        return {'name': 'imported'}\n",
    };
    await using wrapper = await WrapperProcess.start(python, files, { OKEN_ENTRY_TYPE: "agent" });
    expect(await wrapper.outputOf({})).toEqual({ name });
  });

  it.each([
    [
      "nothing callable",
      "x = 1",
      "handler",
      78,
      /\[oken\] main\.py defines nothing that can be called.*handler, main, invoke, run/,
    ],
    [
      "an agent that wants arguments",
      "class Agent:\n    def __init__(self, a): pass\n    def run(self, i): pass",
      "agent",
      78,
      /class Agent cannot be made without arguments/,
    ],
    ["an import that fails", "import nothing_like_this", "handler", 1, /ModuleNotFoundError.*nothing_like_this/],
    ["a syntax error", "def handler(:", "handler", 1, /SyntaxError/],
    ["an exit on import", "raise SystemExit(7)", "handler", 7, /the agent ended itself before it served/],
    [
      "a setup that fails",
      "class Agent:\n    def setup(self):\n        raise ValueError('no model')\n    def run(self, i): pass",
      "agent",
      1,
      /ValueError: no model/,
    ],
  ])("ends with a reason for %s", async (_, source, type, code, reason) => {
    await using wrapper = await start(`${source}\n`, { OKEN_ENTRY_TYPE: type });
    expect(await wrapper.ended).toBe(code);
    expect(wrapper.output).toMatch(reason);
    expect(wrapper.output).not.toContain("[oken] ready");
  });

  it("has one instance, set up before it serves and torn down at the end", async () => {
    const source = `import asyncio
class Agent:
    def __init__(self):
        self.calls = 0
    async def setup(self):
        self.loop = asyncio.get_running_loop()
    async def run(self, input):
        self.calls += 1
        return {"calls": self.calls, "same": asyncio.get_running_loop() is self.loop}
    def teardown(self):
        print("torn down after", self.calls)
`;
    await using wrapper = await start(source, { OKEN_ENTRY_TYPE: "agent" });
    await wrapper.invoke({});
    expect(await wrapper.outputOf({})).toEqual({ calls: 2, same: true });
    wrapper.program.kill("SIGTERM");
    expect(await wrapper.ended).toBe(0);
    expect(wrapper.output).toContain("torn down after 2");
  });

  it("imports siblings of the root, and runs there", async () => {
    const files = {
      "main.py": "import os, near\ndef handler(i):\n    return {'near': near.X, 'cwd': os.getcwd()}\n",
      "near.py": "X = 1\n",
    };
    await using wrapper = await WrapperProcess.start(python, files);
    expect(await wrapper.outputOf({})).toEqual({ near: 1, cwd: wrapper.folder });
  });

  it("answers health, and other calls, while a synchronous one runs (OKEN-D36)", async () => {
    const source = `import threading
gate = threading.Event()
def handler(input):
    if input.get("open"):
        gate.set()
    return {"opened": gate.wait(20)}
`;
    await using wrapper = await start(source);
    const waiting = wrapper.invoke({});
    expect(await wrapper.send("GET", "/health")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect(await wrapper.outputOf({ open: true })).toEqual({ opened: true });
    expect(await waiting).toMatchObject({ status: 200, body: '{"output":{"opened":true}}' });
  });

  it.each(["", "async "])("has no more %scalls at once than allowed", async (kind) => {
    const source = `import asyncio, time
now = most = 0
${kind}def handler(input):
    global now, most
    now += 1
    most = max(most, now)
    ${kind ? "await asyncio" : "time"}.sleep(0.02)
    now -= 1
    return {"most": most}
`;
    await using wrapper = await start(source, { OKEN_CONCURRENCY: "3" });
    await Promise.all(Array.from({ length: 12 }, () => wrapper.invoke({})));
    expect(await wrapper.outputOf({})).toEqual({ most: 3 });
  });

  it("keeps an exception's text in the log only (T117)", async () => {
    await using wrapper = await start("def handler(input):\n    raise ValueError('secret reason')\n");
    expect(await wrapper.invoke({})).toMatchObject({ status: 500, body: "Internal Server Error" });
    expect((await wrapper.invoke({})).headers["content-type"]).toBe("text/plain; charset=utf-8");
    await wrapper.wrote(/Traceback[\s\S]*ValueError: secret reason/);
  });

  it.each(["", "async "])("survives a %scallable that exits", async (kind) => {
    await using wrapper = await start(`${kind}def handler(input):\n    if input:\n        raise SystemExit(1)\n`);
    expect(await wrapper.invoke({ a: 1 })).toMatchObject({ status: 500 });
    expect(await wrapper.outputOf({})).toBeNull();
  });

  it("cancels an asynchronous call whose caller leaves", async () => {
    const source = `import asyncio
async def handler(input):
    print("begun", flush=True)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
`;
    await using wrapper = await start(source);
    await leaveOnceBegun(wrapper);
    await wrapper.wrote(/cancelled/);
    expect(await wrapper.send("GET", "/health")).toMatchObject({ status: 200 });
  });

  it("interrupts a synchronous call whose caller leaves, and has its place free", async () => {
    const source = `def handler(input):
    if input.get("quick"):
        return {}
    print("begun", flush=True)
    while True:
        pass
`;
    await using wrapper = await start(source, { OKEN_CONCURRENCY: "1" });
    await leaveOnceBegun(wrapper);
    expect(await wrapper.outputOf({ quick: true })).toEqual({});
  });

  it("uses a thread again, but never one that was interrupted", async () => {
    const source = `import threading
seen = threading.local()
over = threading.Event()
def handler(input):
    if input.get("stubborn"):
        print("begun", flush=True)
        while not over.is_set():
            try:
                while True:
                    pass
            except BaseException:
                over.set()
        return {}
    used = hasattr(seen, "before")
    seen.before = True
    return {"used": used, "over": over.is_set()}
`;
    await using wrapper = await start(source, { OKEN_CONCURRENCY: "1" });
    expect(await wrapper.outputOf({})).toEqual({ used: false, over: false });
    expect(await wrapper.outputOf({})).toEqual({ used: true, over: false });
    await leaveOnceBegun(wrapper, { stubborn: true });
    expect(await wrapper.outputOf({})).toEqual({ used: false, over: true });
    expect(await wrapper.outputOf({})).toEqual({ used: true, over: true });
  });

  it.each([
    ["", "while True: pass"],
    ["async ", "await asyncio.Event().wait()"],
  ])("ends a %scall after its time (T116)", async (kind, forever) => {
    const source = `import asyncio\n${kind}def handler(input):\n    if input:\n        return {}\n    ${forever}\n`;
    await using wrapper = await start(source, { OKEN_CALL_TIMEOUT: "2", OKEN_CONCURRENCY: "1" });
    expect(await wrapper.invoke({})).toMatchObject({ status: 504, body: "the call timed out after 2 s" });
    expect(await wrapper.outputOf({ a: 1 })).toEqual({});
  });

  it("lets calls in flight end after SIGTERM and takes no new ones", async () => {
    const source = `import os, time
def handler(input):
    print("begun", flush=True)
    while not os.path.exists("go"): time.sleep(0.01)
    return {"done": True}
`;
    await using wrapper = await start(source, { OKEN_GRACE: "60" });
    const call = wrapper.invoke({});
    await wrapper.wrote(/begun/);
    wrapper.program.kill("SIGTERM");
    await expect.poll(() => raw(wrapper.port, "", 1).catch(({ code }) => code)).toBe("ECONNREFUSED");
    await writeFile(join(wrapper.folder, "go"), "");
    expect(await call).toMatchObject({
      status: 200,
      body: '{"output":{"done":true}}',
      headers: { connection: "close" },
    });
    expect(await wrapper.ended).toBe(0);
  });

  it("ends although a call does not", async () => {
    const source = "import time\ndef handler(input):\n    print('begun', flush=True)\n    time.sleep(600)\n";
    await using wrapper = await start(source, { OKEN_GRACE: "0.2" });
    const call = wrapper.invoke({}).catch(() => "cut off");
    await wrapper.wrote(/begun/);
    wrapper.program.kill("SIGTERM");
    expect(await wrapper.ended).toBe(0);
    expect(await call).toBe("cut off");
  });

  it("ends by SIGTERM while it is imported", async () => {
    const child = WrapperProcess.start(python, {
      "main.py": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nimport time\ntime.sleep(600)\n",
    });
    await using wrapper = await child;
    expect(await wrapper.ended).toBe(0);
  });

  it.each([
    ["a date", "import datetime", "datetime.date(2026, 1, 5)", "2026-01-05"],
    [
      "a moment",
      "import datetime as d",
      "d.datetime(2026, 1, 5, 9, tzinfo=d.timezone.utc)",
      "2026-01-05T09:00:00+00:00",
    ],
    ["a duration", "import datetime", "datetime.timedelta(minutes=1.5)", 90],
    ["a set", "", "{7}", [7]],
    ["a tuple", "", "(1, (2,))", [1, [2]]],
    ["a generator", "", "(x for x in 'ab')", ["a", "b"]],
    ["a whole decimal", "from decimal import Decimal", "Decimal('12')", 12],
    ["a decimal", "from decimal import Decimal", "Decimal('1.5')", 1.5],
    ["bytes", "", "b'text'", "text"],
    ["a path", "import pathlib", "pathlib.PurePosixPath('/a/b')", "/a/b"],
    ["a uuid", "import uuid", "uuid.UUID(int=1)", "00000000-0000-0000-0000-000000000001"],
    ["an address", "import ipaddress", "ipaddress.ip_address('10.0.0.1')", "10.0.0.1"],
    ["an enum", "import enum\nclass C(enum.Enum):\n    RED = 'r'", "C.RED", "r"],
    ["a pattern", "import re", "re.compile('a+')", "a+"],
    [
      "a dataclass",
      "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: object",
      "P(1, P(2, {3}))",
      { x: 1, y: { x: 2, y: [3] } },
    ],
    [
      "a model",
      "class M:\n    def model_dump(self, **k):\n        return {'mode': k['mode']}",
      "M()",
      { mode: "json" },
    ],
    ["an object", "class O:\n    def __init__(self):\n        self.a = {1}", "O()", { a: [1] }],
    [
      "keys that are no text",
      "import uuid",
      "{1: 'a', None: 'b', uuid.UUID(int=1): {2}}",
      { 1: "a", null: "b", "00000000-0000-0000-0000-000000000001": [2] },
    ],
    ["letters", "", "'äöü€😀'", "äöü€😀"],
    ["nothing", "", "None", null],
  ])("encodes %s as FastAPI does (spec §3.5)", async (_, setup, value, expected) => {
    await using wrapper = await start(`${setup}\ndef handler(input):\n    return ${value}\n`);
    expect(await wrapper.outputOf({})).toEqual(expected);
  });

  it.each([
    "float('nan')",
    "float('inf')",
    "object()",
    "{'a': [float('-inf')]}",
    "b'\\xff'",
    "'\\ud800'",
    "{(1, 2): 3}",
    "__import__",
    "int",
  ])("answers 500 for the result %s (spec §3.5)", async (value) => {
    await using wrapper = await start(`def handler(input):\n    return ${value}\n`);
    expect(await wrapper.invoke({})).toMatchObject({ status: 500, body: "Internal Server Error" });
    expect(await wrapper.send("GET", "/health")).toMatchObject({ status: 200 });
  });

  it("answers 500 for a result that holds itself", async () => {
    await using wrapper = await start("def handler(input):\n    a = []\n    a.append(a)\n    return a\n");
    expect(await wrapper.invoke({})).toMatchObject({ status: 500 });
  });

  it("keeps numbers and the order of members", async () => {
    await using wrapper = await start(ECHO);
    const body = '{"b":1.0,"a":12345678901234567890123,"c":1e+100}';
    expect(await wrapper.send("POST", "/invoke", `{"input":${body}}`)).toMatchObject({
      body: `{"output":${body}}`,
    });
  });

  it.each([
    ["GET", "/nothing", "", 404],
    ["GET", "/invoke", "", 405],
    ["POST", "/health", "", 405],
    ["POST", "/invoke", "[1]", 422],
    ["POST", "/invoke", "{", 422],
    ["POST", "/invoke", "", 422],
    ["POST", "/invoke", "[".repeat(100_000), 422],
    ["POST", "/invoke?x=1", "{}", 200],
  ])("answers %s %s with the right status", async (method, path, body, status) => {
    await using wrapper = await start(ECHO);
    expect(await wrapper.send(method, path, body)).toMatchObject({ status });
    expect(await wrapper.outputOf({ still: 1 })).toEqual({ still: 1 });
  });

  it("gives an empty object where the input is absent", async () => {
    await using wrapper = await start(ECHO);
    expect(await wrapper.send("POST", "/invoke", "{}")).toMatchObject({ body: '{"output":{}}' });
  });

  it("takes requests in any pieces, pipelined and chunked", async () => {
    await using wrapper = await start(ECHO);
    const sized = 'POST /invoke HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{"input":{"a":1}}';
    const chunked =
      'POST /invoke HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"inp\r\nc;x=y\r\nut":{"b":2}}\r\n0\r\nX: y\r\n\r\n';
    const last = "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n";
    for (const size of [1, 7, 1_000]) {
      const answer = await raw(wrapper.port, `${sized}${chunked}${last}`, size);
      expect(answer.match(/^\{.*?\}$|\{"output".*?\}\}|\{"status".*?\}/gm)).toEqual([
        '{"output":{"a":1}}',
        '{"output":{"b":2}}',
        '{"status":"ok"}',
      ]);
    }
  });

  it.each([
    ["what is no HTTP", "hello\r\n\r\n", 400],
    ["two lengths", "POST /invoke HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["a length and chunks", "POST /invoke HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["a length that is no number", "POST /invoke HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    ["another coding", "POST /invoke HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501],
    ["a broken chunk", "POST /invoke HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400],
    ["a head without end", `GET / HTTP/1.1\r\nA: ${"b".repeat(70_000)}`, 431],
    ["a body beyond the limit", "POST /invoke HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413],
    ["chunks beyond the limit", "POST /invoke HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413],
  ])("refuses %s and closes", async (_, text, status) => {
    await using wrapper = await start(ECHO, { OKEN_BODY_BYTES: "1000" });
    expect(await raw(wrapper.port, text, 10_000)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await wrapper.outputOf({})).toEqual({});
  });

  it("tells a waiting client to go on with its body", async () => {
    await using wrapper = await start(ECHO);
    const head = "POST /invoke HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
    expect(await raw(wrapper.port, `${head}{}`, 10_000)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it("answers a burst on many connections", async () => {
    await using wrapper = await start("import time\ndef handler(input):\n    time.sleep(0.001)\n    return input\n", {
      OKEN_CONCURRENCY: "8",
    });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => wrapper.outputOf({ n })));
    expect(answers).toEqual(Array.from({ length: 300 }, (_, n) => ({ n })));
  });
});

async function leaveOnceBegun(wrapper: WrapperProcess, input: object = {}): Promise<void> {
  const leaving = new AbortController();
  const call = wrapper.send("POST", "/invoke", JSON.stringify({ input }), leaving.signal).catch(() => {});
  await wrapper.wrote(/begun/);
  leaving.abort();
  await call;
}

/** Sends text in pieces and answers all that comes until the other side closes. */
function raw(port: number, text: string, size: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection(port, "127.0.0.1", async () => {
      socket.setNoDelay(true);
      for (let at = 0; at < text.length; at += size)
        await new Promise((written) => socket.write(text.slice(at, at + size), written));
    });
    socket
      .on("data", (chunk) => {
        answer += chunk.toString();
      })
      // Who has answered may close before it has read all.
      .once("error", (broken) => (answer === "" ? reject(broken) : resolve(answer)))
      .once("close", () => resolve(answer));
  });
}
