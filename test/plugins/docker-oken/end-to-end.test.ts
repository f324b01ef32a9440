import { beforeAll, expect, test } from "vitest";
import { describeWithEngine, engine } from "./engine.ts";
import { ask, invoke } from "./local-api.ts";
import { deploy, type OkenRunner, okenPlace, okenRunner, python, tidiedAfterAll } from "./oken-api.ts";

const ECHO = python("def handler(input):\n    print('called', flush=True)\n    return input\n");

describeWithEngine("the Oken runner API on a real engine", () => {
  const tidied = tidiedAfterAll();
  let api: OkenRunner;
  beforeAll(async () => {
    api = await okenRunner(await okenPlace(tidied), {}, [], tidied);
  });

  test("deploys an agent of each kind, and reaches it from the host (T137, T144, T148 to T150, OKEN-D3, checklist 1, 4, 9)", async () => {
    const kinds = {
      handler: python("def handler(input):\n    return {'got': input}\n"),
      agent: python(
        "class CounterAgent:\n    def setup(self):\n        self.n = 0\n    async def invoke(self, input):\n        self.n += 1\n        return {'got': input, 'n': self.n}\n",
      ),
      http: python(SHOUT, '[agent]\nname = "shout"\nentrypoint = "main.py"\nentrypoint_type = "http"\n'),
    };
    for (const [kind, files] of Object.entries(kinds)) {
      expect((await deploy(api.url, `kind-${kind}`, files)).body, kind).toEqual({
        agent_id: `kind-${kind}`,
        status: "running",
        endpoint: `/invoke/kind-${kind}`,
        error: null,
      });
    }
    expect((await invoke(api.url, "kind-handler", { input: { a: 1 } })).text).toBe(
      '{"output":{"got":{"a":1}},"error":null}',
    );
    expect((await invoke(api.url, "kind-agent", { input: {} })).body.output).toEqual({ got: {}, n: 1 });
    expect((await invoke(api.url, "kind-agent", { input: {} })).body.output).toEqual({ got: {}, n: 2 });
    expect((await invoke(api.url, "kind-http", { input: { text: "hi" } })).body.output).toEqual({ upper: "HI" });
  });

  test.each([
    ["handler", "def handler(input): return {'name': 'handler'}\ndef main(input): return {'name': 'main'}"],
    ["main", "async def main(input): return {'name': 'main'}"],
    ["invoke", "def invoke(input): return {'name': 'invoke'}"],
    ["run", "def run(input): return {'name': 'run'}"],
    ["Agent.run", "class Agent:\n    def run(self, input): return {'name': 'Agent.run'}"],
    ["TaskAgent.invoke", "class TaskAgent:\n    def invoke(self, input): return {'name': 'TaskAgent.invoke'}"],
    ["MyAgent.__call__", "class MyAgent:\n    def __call__(self, input): return {'name': 'MyAgent.__call__'}"],
  ])("calls the accepted name %s (T58 to T69, checklist 7)", async (name, source) => {
    const id = `name-${name.replaceAll(/\W/g, "-")}`;
    expect((await deploy(api.url, id, python(source))).body).toMatchObject({ status: "running" });
    expect((await invoke(api.url, id, { input: {} })).body.output).toEqual({ name });
  });

  test.each([
    ["flat", 'name = "one"\nslug = "x"\n'],
    ["table", '[agent]\nname = "one"\n'],
    ["both", 'name = "other"\nslug = "x"\n[agent]\nname = "one"\n'],
  ])("takes the %s dialect of oken.toml (OKEN-D4)", async (dialect, toml) => {
    expect((await deploy(api.url, `dialect-${dialect}`, python("def handler(i): return {}", toml))).body.status).toBe(
      "running",
    );
    const { body } = await ask(`${api.url}/agents`);
    expect(body.agents.find((agent: { agent_id: string }) => agent.agent_id === `dialect-${dialect}`)).toMatchObject({
      name: "one",
    });
  });

  test.each<[string, Record<string, string>, string]>([
    ["no oken.toml (T143, T173)", { "main.py": "" }, "oken.toml not found"],
    ["no TOML (T174)", { "oken.toml": "name = ", "main.py": "" }, "Invalid oken.toml"],
    ["no name (T175, T176)", { "oken.toml": "[agent]\n", "main.py": "" }, "must specify agent.name"],
    ["no entrypoint file (T78)", { "oken.toml": 'name = "a"\nentrypoint = "gone.py"\n' }, "Entrypoint file not found"],
    [
      "a float for a version (OKEN-D7)",
      { "oken.toml": 'name = "a"\npython_version = 3.12\n', "main.py": "" },
      "python_version",
    ],
    [
      "a line break in the entrypoint (OKEN-D23)",
      { "oken.toml": 'name = "a"\nentrypoint = "a.py\\nRUN x"\n', "main.py": "" },
      "entrypoint",
    ],
  ])("refuses a folder with %s as CONFIG_ERROR", async (_, files, fragment) => {
    expect(await deploy(api.url, "refused", files)).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining(fragment) },
    });
    expect((await invoke(api.url, "refused", { input: {} })).body.code).toBe("AGENT_NOT_FOUND");
  });

  test("answers 200 with status error for an agent that is never ready, and keeps its log (T147, OKEN-D29, checklist 3)", async () => {
    const { status, body } = await deploy(api.url, "broken", python("import nothing_of_that_name\n"));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: "error", endpoint: null, error: expect.stringMatching(/ready[\s\S]*nothing_of_that_name/) },
    });
    expect(await invoke(api.url, "broken", { input: {} })).toMatchObject({
      status: 400,
      body: { code: "AGENT_NOT_RUNNING" },
    });
    expect((await ask(`${api.url}/logs/broken`)).body.logs).toContain("nothing_of_that_name");
    expect((await ask(`${api.url}/stop/broken`, { method: "POST" })).status).toBe(200);
  });

  test("passes an exception on as 500, its traceback in the log (T117)", async () => {
    await deploy(api.url, "raises", python("def handler(input):\n    raise ValueError('the price is wrong')\n"));
    expect(await invoke(api.url, "raises", { input: {} })).toMatchObject({
      status: 500,
      body: { code: "INVOKE_FAILED" },
    });
    await followed(`${api.url}/logs/raises?follow=true`, "ValueError: the price is wrong");
  });

  test("gives secrets as variables, never instead of its own, and masks them in logs (OKEN-D35)", async () => {
    const source =
      "import os\ndef handler(input):\n    print('key is', os.environ['KEY'], flush=True)\n    return {'key': os.environ['KEY'], 'port': os.environ['PORT']}\n";
    const secrets = { KEY: "hunter2-hunter2", PORT: "1", OKEN_ENTRYPOINT: "gone.py" };
    expect((await deploy(api.url, "secretive", python(source), secrets)).body.status).toBe("running");
    expect((await invoke(api.url, "secretive", { input: {} })).body.output).toEqual({
      key: "hunter2-hunter2",
      port: "8080",
    });
    expect(await followed(`${api.url}/logs/secretive?follow=true`, "key is")).toContain("key is ********");
    expect(JSON.stringify(api.log)).not.toContain("hunter2");
  });

  test("goes by names that tools know (T46, checklist 8)", async () => {
    await deploy(api.url, "named", ECHO);
    const found = await engine().docker.getContainer("oken-named").inspect();
    expect(found.Config.Labels["oken.agent_id"]).toBe("named");
    expect((await engine().docker.getImage("oken-agent:named").inspect()).Id).toBe(found.Image);
  });

  test("lists, counts, stops and forgets (T130 to T133, T151, T152, checklist 2)", async () => {
    await deploy(api.url, "listed", ECHO);
    const listed = async () =>
      (await ask(`${api.url}/agents`)).body.agents.find((agent: { agent_id: string }) => agent.agent_id === "listed");
    expect(await listed()).toMatchObject({ name: "some", status: "running", last_invoked: null });
    await invoke(api.url, "listed", { input: {} });
    expect((await listed()).last_invoked).toMatch(/\+00:00$/);
    const { agents_running } = (await ask(`${api.url}/health`)).body;
    expect(await ask(`${api.url}/stop/listed`, { method: "POST" })).toMatchObject({
      status: 200,
      body: { agent_id: "listed", status: "stopped" },
    });
    expect((await ask(`${api.url}/health`)).body.agents_running).toBe(agents_running - 1);
    expect(await listed()).toBeUndefined();
    for (const path of ["stop", "invoke"])
      expect((await invoke(api.url, "listed", { input: {} })).status, path).toBe(404);
    expect((await ask(`${api.url}/logs/listed`)).status).toBe(404);
  });

  test("follows a log line by line, as it is printed (T51, OKEN-D37, checklist 10)", async () => {
    await deploy(api.url, "followed", python("def handler(input):\n    print('line one\\nline two')\n    return {}\n"));
    await invoke(api.url, "followed", { input: {} });
    // What an agent prints takes its own way, and may come after its answer.
    const lastTwo = async () => (await ask(`${api.url}/logs/followed?tail=2`)).body.logs;
    await expect.poll(lastTwo).toBe("line one\nline two\n");
    const seen = await followed(`${api.url}/logs/followed?follow=true&tail=2`, "line two\n\n");
    expect(seen).toBe("data: line one\n\ndata: line two\n\n");
  });

  test("keeps the build's log, and builds nothing for the same content", async () => {
    await deploy(api.url, "built", ECHO);
    const image = await engine().docker.getImage("oken-agent:built").inspect();
    expect((await ask(`${api.url}/logs/built/build`)).body.logs).not.toBe("");
    await deploy(api.url, "built", ECHO);
    expect((await engine().docker.getImage("oken-agent:built").inspect()).Id).toBe(image.Id);
  });

  test("tells why a build failed, with the end of its log (T145, OKEN-D30)", async () => {
    const files = { ...ECHO, "requirements.txt": "no-such-package-of-anybody==99.99\n" };
    const { status, body } = await deploy(api.url, "unbuildable", files);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: "BUILD_FAILED", error: expect.stringContaining("Failed to build image") },
    });
    expect(body.build_log).toContain("no-such-package-of-anybody");
  });

  test("cancels a call in the agent when its caller leaves, and serves on", async () => {
    const source =
      "import asyncio\nasync def handler(input):\n    if not input.get('wait'): return {}\n    print('begun', flush=True)\n    try:\n        await asyncio.sleep(600)\n    except asyncio.CancelledError:\n        print('cancelled', flush=True)\n        raise\n";
    await deploy(api.url, "left", python(source));
    const gone = new AbortController();
    const call = invoke(api.url, "left", { input: { wait: true } }, { signal: gone.signal }).catch(() => "gone");
    const log = await fetch(`${api.url}/logs/left?follow=true&tail=100`);
    let seen = "";
    for await (const text of log.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen += text;
      if (seen.includes("begun")) gone.abort();
      if (seen.includes("cancelled")) break;
    }
    expect(await call).toBe("gone");
    expect((await invoke(api.url, "left", { input: {} })).status).toBe(200);
  });

  test("lets calls to one agent hold up no other (OKEN-D42)", async () => {
    const source = "import asyncio\nasync def handler(input):\n    await asyncio.sleep(600)\n";
    await deploy(api.url, "slow", python(source, 'name = "slow"\nconcurrency = 4\n'));
    await deploy(api.url, "quick", ECHO);
    const gone = new AbortController();
    const slow = Array.from({ length: 120 }, () =>
      invoke(api.url, "slow", { input: {} }, { signal: gone.signal }).catch(() => "gone"),
    );
    expect((await invoke(api.url, "quick", { input: { n: 1 } })).body.output).toEqual({ n: 1 });
    gone.abort();
    expect(new Set(await Promise.all(slow))).toEqual(new Set(["gone"]));
  });

  test("cuts a call off when its own time is up (T116)", async () => {
    const toml = 'name = "slow"\n[agent]\ninvoke_timeout = 1\n';
    await deploy(api.url, "timed", python("import time\ndef handler(input):\n    time.sleep(600)\n", toml));
    expect(await invoke(api.url, "timed", { input: {} })).toMatchObject({
      status: 504,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("timed out") },
    });
  });
});

describeWithEngine("a runner that was away", () => {
  test("finds its agents again, without a build (OKEN-D20)", async () => {
    const place = await okenPlace();
    const first = await okenRunner(place);
    await deploy(first.url, "kept", ECHO, { KEY: "some-secret-value" });
    await first.close();
    const second = await okenRunner(place);
    expect((await invoke(second.url, "kept", { input: { n: 1 } })).body).toEqual({ output: { n: 1 }, error: null });
  });

  test("does not share its data directory with another", async () => {
    const place = await okenPlace();
    await okenRunner(place);
    await expect(okenRunner(place)).rejects.toThrow(/another runner uses the data directory/);
  });
});

describeWithEngine("an agent that has nothing to do", () => {
  test("is stopped, listed so, and woken by the next call (OKEN-D15)", async () => {
    const api = await okenRunner(await okenPlace(), { cleanupIntervalSeconds: 1 });
    const source = "print('begun', flush=True)\ndef handler(i): return i\n";
    await deploy(api.url, "idle", python(source, 'name = "a"\nwarm_timeout = 0\n'));
    const status = async () => (await ask(`${api.url}/agents`)).body.agents[0].status;
    while ((await status()) !== "stopped") await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask(`${api.url}/health`)).body.agents_running).toBe(0);
    expect((await ask(`${api.url}/logs/idle`)).body.logs).toContain("begun\n");
    expect((await ask(`${api.url}/logs/idle?follow=true`)).text).toContain("data: begun\n\n");
    expect((await invoke(api.url, "idle", { input: { n: 1 } })).body.output).toEqual({ n: 1 });
  });
});

/** What a followed log has said once it has said some words. */
async function followed(url: string, words: string): Promise<string> {
  const gone = new AbortController();
  const response = await fetch(url, { signal: gone.signal });
  let seen = "";
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    seen += text;
    if (seen.includes(words)) break;
  }
  gone.abort();
  return seen;
}

const SHOUT = `
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Endpoint(BaseHTTPRequestHandler):
    def send(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        self.send(200 if self.path == "/health" else 404, {})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send(200, {"output": {"upper": body["input"]["text"].upper()}})
ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Endpoint).serve_forever()
`;
