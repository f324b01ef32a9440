import { once } from "node:events";
import { connect } from "node:net";
import { definePlugin, refuse, withResult } from "leasehold";
import { describe, expect, test } from "vitest";
import { agentBusy } from "../../../../plugins/docker-oken/src/oken-error.ts";
import { census } from "../../script-executor/archives.ts";
import { echo, type LocalAgent, OkenError } from "../local-agents.ts";
import { ask, invoke, localApi } from "../local-api.ts";

const answering =
  (status: number, body: string | Buffer = "", type = "application/json"): LocalAgent =>
  (_request, response) => {
    response.writeHead(status, { "content-type": type });
    response.end(body);
  };

describe("a call that the agent answers", () => {
  test("yields its output, and null for the error (T137)", async () => {
    const { url, agents } = await localApi();
    await agents.add("echo", echo);
    const answer = await invoke(url, "echo", { input: { a: [1, { b: null }] }, other: 1 });
    expect(answer).toMatchObject({ status: 200, body: { output: { a: [1, { b: null }] }, error: null } });
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  });

  test("keeps every number, key and blank as it was written", async () => {
    const { url, agents } = await localApi();
    await agents.add("echo", echo);
    const input = '{ "2":1.0, "1": 12345678901234567890123, "x":"\\u00e9é\\"}", "e":1E+2 ,"d":1,"d":2}';
    const { text } = await invoke(url, "echo", `{"x":{"input":{}}, "input" : ${input} , "y":[]}`);
    expect(text).toBe(`{"output":${input},"error":null}`);
  });

  test.each<[string, LocalAgent, string]>([
    ["null", answering(200, '{"output":null,"error":"dropped"}'), "null"],
    ["nothing", answering(200, "{}"), "null"],
    ["the last of two", answering(200, '{"output":1,"out\\u0070ut":{"b":2}}'), '{"b":2}'],
    ["an object with status 201", answering(201, '{"output":{}}'), "{}"],
  ])("may give %s as output", async (_, agent, output) => {
    const { url, agents } = await localApi();
    await agents.add("some", agent);
    expect((await invoke(url, "some", { input: {} })).text).toBe(`{"output":${output},"error":null}`);
  });

  test("may be of any JSON type, or of none", async () => {
    const { url, agents } = await localApi();
    await agents.add("echo", echo);
    for (const type of ["application/json; charset=utf-8", "application/problem+json", "APPLICATION/JSON"])
      expect((await invoke(url, "echo", { input: {} }, { headers: { "content-type": type } })).status).toBe(200);
    const body = new Blob(['{"input":{}}']);
    expect((await ask(`${url}/invoke/echo`, { method: "POST", body })).status).toBe(200);
  });

  test("passes no header of the caller on", async () => {
    const { url, agents } = await localApi();
    await agents.add("headers", (request, response) => response.end(`{"output":${JSON.stringify(request.headers)}}`));
    const headers = { "content-type": "application/json", "x-mine": "1", authorization: "Bearer mine" };
    const { body } = await invoke(url, "headers", { input: {} }, { headers });
    expect(Object.keys(body.output).sort()).toEqual(["connection", "content-length", "content-type", "host"]);
  });
});

describe("what is wrong with a body is told before the agent is looked up", () => {
  const json = { "content-type": "application/json" };
  test.each<[string, string, Record<string, string>, string, (string | number)[]]>([
    ["is empty", "", json, "missing", ["body"]],
    ["is null", "null", json, "missing", ["body"]],
    ["is no JSON", '{"input":', json, "json_invalid", ["body", expect.any(Number)]],
    ["holds NaN", '{"input":{"a":NaN}}', json, "json_invalid", ["body", expect.any(Number)]],
    ["holds Infinity", '{"input":{"a":-Infinity}}', json, "json_invalid", ["body", expect.any(Number)]],
    ["is a list", "[1]", json, "model_attributes_type", ["body"]],
    ["is of another type", '{"input":{}}', { "content-type": "text/plain" }, "model_attributes_type", ["body"]],
    ["has no input", "{}", json, "missing", ["body", "input"]],
    ["has a list for input", '{"input":[1]}', json, "dict_type", ["body", "input"]],
    ["has text for input", '{"input":"a"}', json, "dict_type", ["body", "input"]],
    ["has null for input", '{"input":null}', json, "dict_type", ["body", "input"]],
    ["is nested too deeply", `{"input":{"a":${"[".repeat(600)}${"]".repeat(600)}}}`, json, "json_invalid", ["body", 9]],
  ])("when it %s", async (_, body, headers, type, loc) => {
    const { url } = await localApi();
    const { status, body: answer } = await ask(`${url}/invoke/nobody`, { method: "POST", headers, body });
    expect({ status, answer }).toMatchObject({
      status: 422,
      answer: { detail: [{ type, loc, msg: expect.any(String) }], code: "VALIDATION_ERROR", error: expect.any(String) },
    });
    expect(answer.detail[0]).toHaveProperty("input");
  });

  test("when it is no UTF-8", async () => {
    const { url } = await localApi();
    const body = Buffer.concat([Buffer.from('{"input":{"a":"'), Buffer.from([0xff]), Buffer.from('"}}')]);
    expect(await ask(`${url}/invoke/nobody`, { method: "POST", headers: json, body })).toMatchObject({
      status: 422,
      body: { detail: [{ type: "json_invalid" }] },
    });
  });

  test("when it is too large (OKEN-D22)", async () => {
    const { url } = await localApi({ inputBytes: 100 });
    expect(await invoke(url, "nobody", { input: { a: "x".repeat(100) } })).toMatchObject({
      status: 413,
      body: { code: "TOO_LARGE" },
    });
  });
});

describe("a call that the agent does not answer well", () => {
  test.each<[string, LocalAgent, number, RegExp]>([
    ["a list", answering(200, '{"output":[1]}'), 502, /must be a JSON object or null, got an array/],
    ["text", answering(200, '{"output":"a"}'), 502, /got a string/],
    ["a bare list", answering(200, "[]"), 502, /must be a JSON object, not an array/],
    ["no JSON", answering(200, "hello"), 502, /is no JSON/],
    ["NaN", answering(200, '{"output":{"a":NaN}}'), 502, /is no JSON/],
    ["no UTF-8", answering(200, Buffer.from([0x7b, 0xff, 0x7d])), 502, /is no JSON/],
    ["204", answering(204), 502, /is no JSON/],
    ["302", answering(302, "elsewhere"), 302, /Agent returned 302: elsewhere/],
    ["404", answering(404, "no such thing"), 404, /Agent returned 404: no such thing/],
    ["500 (T117)", answering(500, "Internal Server Error"), 500, /Internal Server Error/],
    ["503 (T138)", answering(503, "later"), 503, /later/],
    ["599", answering(599, "odd"), 599, /odd/],
  ])("with %s is INVOKE_FAILED (OKEN-D10)", async (_, agent, status, message) => {
    const { url, agents } = await localApi();
    await agents.add("some", agent);
    const init = { redirect: "manual" as const };
    expect(await invoke(url, "some", { input: {} }, init)).toMatchObject({
      status,
      body: { error: expect.stringMatching(message), code: "INVOKE_FAILED" },
    });
  });

  test("in time is a 504 that says timed out (T90, T116)", async () => {
    const { url, agents } = await localApi();
    await agents.add("slow", () => undefined);
    agents.invokeTimeoutMs = 50;
    const { status, body } = await invoke(url, "slow", { input: {} });
    expect({ status, body }).toEqual({
      status: 504,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("timed out") },
    });
  });

  test("because its connection breaks is a 502 that says so (T118)", async () => {
    const { url, agents } = await localApi();
    await agents.add("breaks", (request) => request.socket.destroy());
    const { status, body } = await invoke(url, "breaks", { input: {} });
    expect({ status, body }).toEqual({
      status: 502,
      body: { code: "INVOKE_FAILED", error: expect.stringContaining("Failed to connect") },
    });
  });

  test("within the bytes of an answer is a 502", async () => {
    const { url, agents } = await localApi({ outputBytes: 1_000 });
    await agents.add("long", answering(200, JSON.stringify({ output: { a: "x".repeat(5_000) } })));
    expect(await invoke(url, "long", { input: {} })).toMatchObject({
      status: 502,
      body: { error: expect.stringContaining("1000 bytes") },
    });
  });

  test("because nobody has its name is a 404 (T82, T134)", async () => {
    const { url } = await localApi();
    expect(await invoke(url, "nobody", { input: {} })).toMatchObject({
      status: 404,
      body: { error: "Agent nobody not found", code: "AGENT_NOT_FOUND" },
    });
  });

  test("because it is not running is a 400 with its status (T83, T135, T136)", async () => {
    const { url, agents } = await localApi();
    agents.enter = async () => {
      throw new OkenError("AGENT_NOT_RUNNING", "Agent some is building, not running");
    };
    expect(await invoke(url, "some", { input: {} })).toMatchObject({
      status: 400,
      body: { code: "AGENT_NOT_RUNNING" },
    });
  });

  test("because it is busy is a 503 that says when to come again", async () => {
    const { url, agents } = await localApi();
    agents.enter = async () => {
      throw new OkenError("AGENT_BUSY", "too many wait");
    };
    const { status, body, headers } = await invoke(url, "some", { input: {} });
    expect({ status, body }).toMatchObject({ status: 503, body: { code: "AGENT_BUSY" } });
    expect(headers.get("retry-after")).toBe("1");
  });

  test("because it is started again later is a 503 that says when", async () => {
    const { url, agents } = await localApi();
    agents.enter = async (agentId) => {
      throw agentBusy(agentId, "it is not started again yet", 42);
    };
    const { status, headers } = await invoke(url, "some", { input: {} });
    expect([status, headers.get("retry-after")]).toEqual([503, "42"]);
  });
});

describe("plugins and calls", () => {
  const plugin = (name: string, setup: Parameters<typeof definePlugin>[0]["setup"]) =>
    definePlugin({ name, apiVersion: 1, ...(setup ? { setup } : {}) })();

  test("a plugin sees a call and measures it", async () => {
    const seen: unknown[] = [];
    const watch = plugin("watch", ({ hooks }) => {
      hooks.onLease.tap((run) => void seen.push(run.source, run.agent.name, run.parametersText));
      hooks.onResult.tap((outcome) => void seen.push(outcome.status));
    });
    const { url, agents } = await localApi({}, [watch]);
    await agents.add("echo", echo);
    await invoke(url, "echo", { input: { n: 1 } });
    expect(seen).toEqual(["docker-oken", "echo", '{"n":1}', "succeeded"]);
  });

  test("the journal knows nothing of a call", async () => {
    const { url, agents, projectDir } = await localApi({}, [], { journal: "durable" });
    await agents.add("echo", echo);
    const written = async () => JSON.stringify(await census(projectDir));
    const before = await written();
    expect(before).toContain("journal");
    for (const input of [{ n: 1 }, { n: 2 }]) expect((await invoke(url, "echo", { input })).status).toBe(200);
    expect(await written()).toBe(before);
  });

  test("a plugin that refuses a call makes it a 403 REFUSED", async () => {
    const guard = plugin("guard", ({ hooks }) => hooks.onLease.tap(() => refuse("not on Sundays")));
    const { url, agents } = await localApi({}, [guard]);
    await agents.add("echo", echo);
    expect(await invoke(url, "echo", { input: {} })).toMatchObject({
      status: 403,
      body: { code: "REFUSED", error: expect.stringContaining("not on Sundays") },
    });
  });

  test("a plugin redacts an output", async () => {
    const redact = plugin("redact", ({ hooks }) =>
      hooks.onResult.tap((outcome) => withResult(outcome, { secret: "********" })),
    );
    const { url, agents } = await localApi({}, [redact]);
    await agents.add("echo", echo);
    expect((await invoke(url, "echo", { input: { secret: "abc" } })).body.output).toEqual({ secret: "********" });
  });

  test("a plugin that makes text of an output is told so", async () => {
    const spoil = plugin("spoil", ({ hooks }) =>
      hooks.onResult.tap((outcome) => withResult(outcome, { format: "text", text: "hi" })),
    );
    const { url, agents } = await localApi({}, [spoil]);
    await agents.add("echo", echo);
    expect(await invoke(url, "echo", { input: {} })).toMatchObject({ status: 502, body: { code: "INVOKE_FAILED" } });
  });

  test("a plugin that fails makes the call fail with its name", async () => {
    const broken = plugin("broken", ({ hooks }) =>
      hooks.onLease.tap(() => {
        throw new Error("out of order");
      }),
    );
    const { url, agents } = await localApi({}, [broken]);
    await agents.add("echo", echo);
    expect(await invoke(url, "echo", { input: {} })).toMatchObject({
      status: 500,
      body: { code: "INVOKE_FAILED", error: expect.stringMatching(/broken.*out of order/) },
    });
  });
});

describe("calls in flight", () => {
  test("end in the agent when their caller leaves", async () => {
    const { url, agents } = await localApi();
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await agents.add("slow", (request) => {
      request.socket.once("close", () => left.resolve());
      entered.resolve();
    });
    const gone = new AbortController();
    const call = invoke(url, "slow", { input: {} }, { signal: gone.signal }).catch(() => "gone");
    await entered.promise;
    gone.abort();
    expect(await call).toBe("gone");
    await left.promise;
  });

  test("wait for a place beyond the limit, and beyond that are busy", async () => {
    const { url, agents } = await localApi({ maxInFlight: 1, maxQueued: 1 });
    const open: (() => void)[] = [];
    const entered = Promise.withResolvers<void>();
    await agents.add("slow", (_request, response) => {
      open.push(() => response.end('{"output":{}}'));
      entered.resolve();
    });
    const first = invoke(url, "slow", { input: {} });
    await entered.promise;
    const others = [invoke(url, "slow", { input: {} }), invoke(url, "slow", { input: {} })];
    const busy = await Promise.race(others);
    expect(busy).toMatchObject({ status: 503, body: { code: "AGENT_BUSY" } });
    open[0]?.();
    expect((await first).status).toBe(200);
    while (open.length < 2) await new Promise((resolve) => setImmediate(resolve));
    open[1]?.();
    expect((await Promise.all(others)).map(({ status }) => status).sort()).toEqual([200, 503]);
  });

  test("are answered while the runner drains, and no new one is taken", async () => {
    const { url, agents, drain } = await localApi();
    const entered = Promise.withResolvers<() => void>();
    await agents.add("slow", (_request, response) => entered.resolve(() => response.end('{"output":{}}')));
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    const request =
      'POST /invoke/slow HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"input":{}}';
    const call = invoke(url, "slow", { input: {} });
    const open = await entered.promise;
    const drained = drain();
    socket.write(request);
    socket.resume();
    await Promise.race([once(socket, "data"), once(socket, "close")]);
    await expect(invoke(url, "slow", { input: {} })).rejects.toThrow();
    open();
    expect((await call).status).toBe(200);
    await drained;
    socket.destroy();
  });
});
