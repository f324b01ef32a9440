import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pythonTime } from "../../../../plugins/docker-oken/src/http/agent-list.ts";
import { logEvents } from "../../../../plugins/docker-oken/src/http/log-events.ts";
import { archiveOf } from "../../script-executor/archives.ts";
import { echo } from "../local-agents.ts";
import { ask, invoke, localApi } from "../local-api.ts";

describe("the list, the health and the end of agents", () => {
  test("without agents are empty (T131, T132)", async () => {
    const { url } = await localApi();
    expect((await ask(`${url}/health`)).text).toBe('{"status":"ok","agents_running":0}');
    expect((await ask(`${url}/agents`)).text).toBe('{"agents":[]}');
  });

  test("tell of each agent (T130, T133)", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    await agents.add("two", echo);
    expect((await ask(`${url}/health`)).body).toEqual({ status: "ok", agents_running: 2 });
    const { body } = await ask(`${url}/agents`);
    expect(body.agents.map((agent: { agent_id: string }) => agent.agent_id)).toEqual(["one", "two"]);
    expect(body.agents[0]).toEqual({
      agent_id: "one",
      name: "one",
      status: "running",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/),
      last_invoked: null,
    });
  });

  test("write times as Python does", () => {
    expect(pythonTime(new Date("2026-01-05T09:30:00.125Z"))).toBe("2026-01-05T09:30:00.125000+00:00");
    expect(pythonTime(new Date("2026-01-05T09:30:00Z"))).toBe("2026-01-05T09:30:00+00:00");
  });

  test("stop an agent once, whatever the body (T151, T152)", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    const stop = () =>
      ask(`${url}/stop/one`, { method: "POST", body: "what ever", headers: { "content-type": "x/y" } });
    expect(await stop()).toMatchObject({ status: 200, body: { agent_id: "one", status: "stopped" } });
    expect(await stop()).toMatchObject({ status: 404, body: { code: "AGENT_NOT_FOUND" } });
    expect((await ask(`${url}/stop/one`, { method: "POST" })).status).toBe(404);
  });
});

describe("logs", () => {
  const lines = (...texts: string[]) =>
    async function* () {
      for (const text of texts) yield Buffer.from(text);
    };

  test("are one text (T51)", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    let asked: unknown;
    agents.lines = (request) => {
      asked = request;
      return lines('say "hi"', "zażółć")();
    };
    expect((await ask(`${url}/logs/one`)).body).toEqual({ logs: 'say "hi"\nzażółć\n' });
    expect(asked).toMatchObject({ tail: 100, follow: false });
    await ask(`${url}/logs/one?tail=3&tail=7&follow=NO`);
    expect(asked).toMatchObject({ tail: 7, follow: false });
  });

  test("of nobody are a 404, followed or not", async () => {
    const { url } = await localApi();
    for (const query of ["", "?follow=true"])
      expect(await ask(`${url}/logs/nobody${query}`)).toMatchObject({ status: 404, body: { code: "AGENT_NOT_FOUND" } });
  });

  test.each<[string, string[]]>([
    ["tail=0", ["greater_than_equal"]],
    ["tail=10001", ["less_than_equal"]],
    ["tail=", ["int_parsing"]],
    ["tail=NaN", ["int_parsing"]],
    ["follow=", ["bool_parsing"]],
    ["follow=maybe", ["bool_parsing"]],
    ["tail=x&follow=x", ["int_parsing", "bool_parsing"]],
  ])("with %s are a 422, before the agent is looked up", async (query, types) => {
    const { url } = await localApi();
    const { status, body } = await ask(`${url}/logs/nobody?${query}`);
    expect({ status, types: body.detail.map((item: { type: string }) => item.type) }).toEqual({ status: 422, types });
    expect(body.code).toBe("VALIDATION_ERROR");
  });

  test("are followed as one event a line, and end", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    agents.lines = lines("price=1", "", "carriage\r", "a\rb");
    const { headers, text } = await ask(`${url}/logs/one?follow=true&tail=1`);
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(text).toBe("data: price=1\n\ndata: \n\ndata: carriage\n\ndata: a b\n\n");
  });

  test("that break are told in the stream", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    agents.lines = async function* () {
      yield Buffer.from("before");
      throw new Error("the engine\nis gone");
    };
    const { status, text } = await ask(`${url}/logs/one?follow=true`);
    expect({ status, text }).toEqual({
      status: 200,
      text: "data: before\n\nevent: error\ndata: streaming the log failed: the engine is gone\n\n",
    });
  });

  test("end in the runner when their follower leaves, and hold up nobody (OKEN-D14)", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    const ended = Promise.withResolvers<void>();
    agents.lines = async function* ({ signal }) {
      yield Buffer.from("first");
      await once(signal, "abort");
      ended.resolve();
    };
    const gone = new AbortController();
    const response = await fetch(`${url}/logs/one?follow=true`, { signal: gone.signal });
    expect((await invoke(url, "one", { input: {} })).status).toBe(200);
    gone.abort();
    await response.text().catch(() => undefined);
    await ended.promise;
  });

  test("that are followed end with the runner", async () => {
    const { url, agents, drain } = await localApi();
    await agents.add("one", echo);
    agents.lines = async function* ({ signal }) {
      yield Buffer.from("first");
      await once(signal, "abort");
    };
    const response = await fetch(`${url}/logs/one?follow=true`);
    await drain();
    expect(await response.text()).toBe("data: first\n\n");
  });

  test("never make a line that the Oken CLI cannot read", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 0, maxLength: 500 }),
        fc.integer({ min: 1, max: 300 }),
        (text, times) => {
          const line = text.repeat(times);
          const events = logEvents(line);
          for (const event of events) expect(Buffer.byteLength(event)).toBeLessThan(65_536);
          for (const event of events) expect(event).toMatch(/^data: [^\r\n]*\n\n$/);
          const whole = line.replace(/[\r\n]+$/, "").replaceAll(/[\r\n]/g, " ");
          expect(events.map((event) => event.slice(6, -2)).join("")).toBe(whole);
        },
      ),
    );
  });

  test("of a build have a route of their own", async () => {
    const { url, agents } = await localApi();
    await agents.add("one", echo);
    expect((await ask(`${url}/logs/one/build`)).body).toEqual({ logs: "Step 1/1 : FROM scratch\n" });
    expect((await ask(`${url}/logs/nobody/build`)).status).toBe(404);
  });
});

test("everything is served while a deployment goes on (OKEN-D13)", async () => {
  const { url, agents } = await localApi();
  await agents.add("one", echo);
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  agents.onDeploy = async () => {
    begun.resolve();
    await go.promise;
    return { status: "running" };
  };
  const form = new FormData();
  form.append("agent_id", "two");
  form.append("tarball", new Blob([Uint8Array.from(await archiveOf([]))]), "agent.tar.gz");
  const deploying = ask(`${url}/deploy`, { method: "POST", body: form });
  await begun.promise;
  expect((await ask(`${url}/health`)).status).toBe(200);
  expect((await invoke(url, "one", { input: {} })).status).toBe(200);
  go.resolve();
  expect((await deploying).body.status).toBe("running");
});

describe("what no route serves", () => {
  test.each(["/", "/nothing", "/deploy/", "/invoke", "/invoke/", "/invoke/a%2Fb", "/logs/", "/agents/x"])(
    "%s is not found",
    async (path) => {
      const { url } = await localApi();
      const method = path.startsWith("/invoke") ? "POST" : "GET";
      expect(await ask(`${url}${path}`, { method })).toMatchObject({
        status: 404,
        body: { detail: "Not Found", error: "Not Found", code: "NOT_FOUND" },
      });
    },
  );

  test.each([
    ["GET", "/deploy", "POST"],
    ["GET", "/invoke/a", "POST"],
    ["DELETE", "/stop/a", "POST"],
    ["POST", "/agents", "GET"],
    ["POST", "/health", "GET"],
    ["PUT", "/logs/a", "GET"],
    ["OPTIONS", "/health", "GET"],
  ])("%s %s is a 405 that names %s", async (method, path, allow) => {
    const { url } = await localApi();
    const answer = await ask(`${url}${path}`, { method });
    expect(answer).toMatchObject({ status: 405, body: { detail: "Method Not Allowed", code: "METHOD_NOT_ALLOWED" } });
    expect(answer.headers.get("allow")).toBe(allow);
  });

  test("HEAD is a 405", async () => {
    const { url } = await localApi();
    expect((await fetch(`${url}/health`, { method: "HEAD" })).status).toBe(405);
  });

  test("what is no HTTP is answered in JSON too", async () => {
    const { url } = await localApi();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.end("HELLO\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ code: "VALIDATION_ERROR" });
  });

  test("an id of any length and any characters is looked up", async () => {
    const { url } = await localApi();
    for (const id of ["a".repeat(5_000), "%F0%9F%A6%8A", "a%20b", "%zz"])
      expect((await invoke(url, id, { input: {} })).body.code).toMatch(/NOT_FOUND/);
  });
});

describe("who may call", () => {
  test("everybody on loopback, unless a token is set (OKEN-D28)", async () => {
    const { url } = await localApi({ apiToken: "s3cret-token" });
    expect(await ask(`${url}/agents`)).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
    for (const wrong of ["Bearer s3cret", "Bearer s3cret-tokenx", "Basic s3cret-token", "s3cret-token"])
      expect((await ask(`${url}/agents`, { headers: { authorization: wrong } })).status).toBe(401);
    expect((await ask(`${url}/agents`, { headers: { authorization: "bearer s3cret-token" } })).status).toBe(200);
    expect((await ask(`${url}/nothing`)).status).toBe(401);
    expect((await ask(`${url}/health`)).status).toBe(200);
  });

  test("no web page, and nobody by a foreign name", async () => {
    const { url } = await localApi();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("GET /agents HTTP/1.1\r\nhost: evil.example\r\n\r\n");
    const [chunk] = await once(socket, "data");
    expect(String(chunk)).toMatch(/^HTTP\/1.1 421 /);
    socket.destroy();
    const page = connect(Number(new URL(url).port), "127.0.0.1");
    page.write("POST /deploy HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\ncontent-length: 0\r\n\r\n");
    const [answer] = await once(page, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
    page.destroy();
  });

  test("a public address without a token is warned of loudly", async () => {
    const warned = (log: Record<string, unknown>[]) =>
      log.some(({ msg }) => String(msg).includes("ANYONE WHO CAN REACH"));
    expect(warned((await localApi({ host: "0.0.0.0" })).log)).toBe(true);
    expect(warned((await localApi({ host: "0.0.0.0", apiToken: "some" })).log)).toBe(false);
    expect(warned((await localApi()).log)).toBe(false);
  });
});
