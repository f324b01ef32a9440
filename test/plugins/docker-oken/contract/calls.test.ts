import { beforeAll, expect, test } from "vitest";
import { describeWithEngine } from "../engine.ts";
import { ask, invoke } from "../local-api.ts";
import { deploy, type OkenRunner, okenPlace, okenRunner, python, tidiedAfterAll } from "../oken-api.ts";

/** An http agent without any framework, which answers as its input says. */
const SERVER = `import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Endpoint(BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Endpoint.asked += 1
        first = int(os.environ.get("UNHEALTHY", "0"))
        self.answer(503 if Endpoint.asked <= first else 200, b"{}")
    def do_POST(self):
        wish = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        if "die" in wish:
            os._exit(wish["die"])
        self.answer(wish.get("status", 200), json.dumps(wish["body"]).encode() if "body" in wish else wish["text"].encode())
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("location", "http://elsewhere.invalid/")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
if os.environ.get("DEAF"):
    import time
    time.sleep(600)
ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Endpoint).serve_forever()
`;
const HTTP = python(SERVER, 'name = "server"\nentrypoint_type = "http"\n');

describeWithEngine("a call", { timeout: 120_000 }, () => {
  const tidied = tidiedAfterAll();
  let api: OkenRunner;
  beforeAll(async () => {
    api = await okenRunner(await okenPlace(tidied), {}, [], tidied);
    await deploy(api.url, "server", HTTP);
    await deploy(api.url, "echo", python("def handler(input):\n    return input\n"));
  });

  test.each([
    ["values (T106)", '{"a":1,"b":"two"}'],
    ["nothing (T107)", "{}"],
    ["nested objects and lists (T108)", '{"a":{"b":[1,{"c":null}]},"d":[[]]}'],
    ["what JavaScript cannot keep", '{"2":1,"1":2,"big":123456789012345678901234567890}'],
  ])("takes %s to the agent and back (T109, T115, T137, checklist 2)", async (_, input) => {
    expect((await invoke(api.url, "echo", `{"input":${input}}`)).text).toBe(
      `{"output":${compact(input)},"error":null}`,
    );
  });

  test.each([
    ["null", { body: { output: null } }],
    ["nothing", { body: {} }],
  ])("yields null where the agent's output is %s (T111)", async (_, input) => {
    expect((await invoke(api.url, "server", { input })).text).toBe('{"output":null,"error":null}');
  });

  test.each([
    ["302", 302],
    ["404", 404],
    ["422", 422],
    ["500 (T88, T89, T117)", 500],
    ["503 (T138)", 503],
  ])("has the agent's own status %s, and what it said (checklist 2)", async (_, status) => {
    const answer = await invoke(
      api.url,
      "server",
      { input: { status, text: "its own words" } },
      { redirect: "manual" },
    );
    expect(answer).toMatchObject({
      status,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("its own words") },
    });
    expect(answer.headers.get("location")).toBeNull();
  });

  test.each<[string, object, RegExp]>([
    ["a list for output", { body: { output: [1] } }, /object or null/],
    ["a bare list", { body: [1] }, /object/],
    ["no JSON", { text: "hello" }, /no JSON/],
  ])("is a 502 for %s (OKEN-D10)", async (_, input, words) => {
    expect(await invoke(api.url, "server", { input })).toMatchObject({
      status: 502,
      body: { code: "INVOKE_FAILED", error: expect.stringMatching(words) },
    });
  });

  test("is a 502 that says so when the agent's process ends under it (T118)", async () => {
    await deploy(api.url, "dies", HTTP);
    expect(await invoke(api.url, "dies", { input: { die: 3 } })).toMatchObject({
      status: 502,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("Failed to connect") },
    });
  });

  test("is a 504 when the agent takes too long (T90, T116)", async () => {
    const toml = 'name = "endless"\ninvoke_timeout = 1\n';
    await deploy(api.url, "endless", python("import time\ndef handler(input):\n    time.sleep(600)\n", toml));
    expect(await invoke(api.url, "endless", { input: {} })).toMatchObject({
      status: 504,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("timed out") },
    });
  });

  test.each<[string, string, string]>([
    ["no body", "", "missing"],
    ["no JSON", "{oops", "json_invalid"],
    ["a list", "[]", "model_attributes_type"],
    ["no input", "{}", "missing"],
    ["a list for input", '{"input":[1]}', "dict_type"],
  ])("with %s is a 422, before anybody looks for the agent (checklist 5)", async (_, body, type) => {
    for (const id of ["echo", "nobody"])
      expect(await invoke(api.url, id, body)).toMatchObject({
        status: 422,
        body: { detail: [{ type }], code: "VALIDATION_ERROR" },
      });
  });

  test.each(["tail=0", "tail=10001", "tail=x", "follow=maybe", "follow="])(
    "for logs with %s is a 422 (checklist 5)",
    async (query) => {
      for (const id of ["echo", "nobody"])
        expect(await ask(`${api.url}/logs/${id}?${query}`)).toMatchObject({
          status: 422,
          body: { code: "VALIDATION_ERROR" },
        });
    },
  );

  test("needs no credentials, nor does a deployment (checklist 12)", async () => {
    expect((await deploy(api.url, "open", HTTP)).status).toBe(200);
    expect((await ask(`${api.url}/stop/open`, { method: "POST" })).status).toBe(200);
  });
});

describeWithEngine("readiness", { timeout: 120_000 }, () => {
  test("is a health of 200 (T120, T124)", async () => {
    const api = await okenRunner(await okenPlace());
    expect((await deploy(api.url, "healthy", HTTP)).body).toMatchObject({ status: "running" });
  });

  test("comes with the first 200 after others (T121, T126)", async () => {
    const api = await okenRunner(await okenPlace());
    expect((await deploy(api.url, "later", HTTP, { UNHEALTHY: "2" })).body).toMatchObject({ status: "running" });
  });

  test.each([
    ["a health of 503 (T121)", { UNHEALTHY: "1000000" }],
    ["a port that nobody listens on (T122, T125)", { DEAF: "1" }],
  ])("does not come with %s", async (_, secrets) => {
    const api = await okenRunner(await okenPlace(), { healthCheckTimeoutSeconds: 2 });
    expect(await deploy(api.url, "unwell", HTTP, secrets)).toMatchObject({
      status: 200,
      body: { status: "error", endpoint: null, error: expect.stringMatching(/ready/) },
    });
  });
});

describeWithEngine("the variables of the reference runner", { timeout: 120_000 }, () => {
  test("decide port, network and the time that a call has (checklist 8, 11)", async () => {
    const place = await okenPlace();
    const api = await okenRunner(place, { containerPort: 9321, invokeTimeoutSeconds: 5 });
    const source =
      "import os, time\ndef handler(input):\n    time.sleep(input.get('seconds', 0))\n    return {'port': os.environ['PORT']}\n";
    await deploy(api.url, "ported", python(source));
    expect((await invoke(api.url, "ported", { input: {} })).body.output).toEqual({ port: "9321" });
    expect((await invoke(api.url, "ported", { input: { seconds: 600 } })).status).toBe(504);
  });
});

const compact = (json: string) => json.replaceAll(/\s/g, "");
