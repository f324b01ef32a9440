import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveOf, type Made } from "../../script-executor/archives.ts";
import { OkenError } from "../local-agents.ts";
import { ask, type LocalApi, localApi } from "../local-api.ts";

const HANDLER: Made[] = [
  { name: "oken.toml", content: 'name = "a"\n' },
  { name: "src/main.py", content: "def handler(input):\n    return {}\n" },
];

/** A form as the platform's client makes it (spec §2.3). */
function platformForm(fields: Record<string, string | Blob | undefined>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.append(name, value);
    else if (value) form.append(name, value, "agent.tar.gz");
  }
  return form;
}

const goodTarball = async (made: readonly Made[] = HANDLER) => new Blob([Uint8Array.from(await archiveOf(made))]);

const deploy = ({ url }: LocalApi, form: FormData, headers: Record<string, string> = {}) =>
  ask(`${url}/deploy`, { method: "POST", body: form, headers });

const incoming = ({ dataDir }: LocalApi) => readdir(join(dataDir, "incoming")).catch(() => []);

describe("a deployment", () => {
  test("as the platform sends it hands over a fresh folder (T144, OKEN-D25)", async () => {
    const api = await localApi();
    const form = platformForm({ agent_id: "vat-quote", tarball: await goodTarball(), secrets: '{"TAX_RATE":"0.25"}' });
    const answer = await deploy(api, form);
    const body = { agent_id: "vat-quote", status: "running", endpoint: "/invoke/vat-quote", error: null };
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.text).toBe(JSON.stringify(body));
    const [deployed] = api.agents.deployed;
    expect(deployed).toMatchObject({ agentId: "vat-quote", secrets: { TAX_RATE: "0.25" } });
    expect(await readFile(join(deployed?.folder ?? "", "src/main.py"), "utf8")).toContain("def handler");
  });

  test("takes its parts in any order, unknown ones too, and of repeated ones the last", async () => {
    const api = await localApi();
    const form = new FormData();
    form.append("secrets", "[1]");
    form.append("tarball", await goodTarball([{ name: "old.py", content: "" }]), "x");
    form.append("strange", new Blob(["?"]), "strange.bin");
    form.append("tarball", await goodTarball(), "");
    form.append("agent_id", "first");
    form.append("agent_id", "second");
    form.append("secrets", "");
    expect(await deploy(api, form)).toMatchObject({ status: 200, body: { agent_id: "second" } });
    const [deployed] = api.agents.deployed;
    expect(deployed?.secrets).toEqual({});
    expect((await readdir(deployed?.folder ?? "")).sort()).toEqual(["oken.toml", "src"]);
    expect(await incoming(api)).toHaveLength(1);
  });

  test("of an agent that does not become ready is 200 with status error (T147)", async () => {
    const api = await localApi();
    api.agents.onDeploy = async () => ({ status: "error", error: "not ready after 30 s" });
    expect(await deploy(api, platformForm({ agent_id: "a", tarball: await goodTarball() }))).toMatchObject({
      status: 200,
      body: { agent_id: "a", status: "error", endpoint: null, error: "not ready after 30 s" },
    });
  });

  test.each<[string, OkenError, number, object]>([
    [
      "build (T145, OKEN-D30)",
      new OkenError("BUILD_FAILED", "Failed to build image: no", { buildLog: "Step 1" }),
      400,
      { code: "BUILD_FAILED", build_log: "Step 1" },
    ],
    [
      "start (T146)",
      new OkenError("CONTAINER_ERROR", "Failed to start container: no"),
      500,
      { code: "CONTAINER_ERROR" },
    ],
    ["read its config (T143)", new OkenError("CONFIG_ERROR", "oken.toml not found"), 400, { code: "CONFIG_ERROR" }],
  ])("of an agent that fails to %s says so", async (_, thrown, status, body) => {
    const api = await localApi();
    api.agents.onDeploy = async () => {
      throw thrown;
    };
    expect(await deploy(api, platformForm({ agent_id: "a", tarball: await goodTarball() }))).toMatchObject({
      status,
      body: { error: thrown.message, ...body },
    });
  });

  test("that fails inside the runner is JSON too", async () => {
    const api = await localApi();
    api.agents.onDeploy = async () => {
      throw new TypeError("nobody expected this");
    };
    const answer = await deploy(api, platformForm({ agent_id: "a", tarball: await goodTarball() }));
    expect(answer).toMatchObject({ status: 500, body: { code: "INTERNAL_ERROR", error: expect.any(String) } });
    expect(answer.text).not.toContain("nobody expected");
  });

  test("tells its steps to who asks for them, and its end", async () => {
    const api = await localApi();
    api.agents.onDeploy = async (_id, _folder, { onLine }) => {
      onLine?.("Step 1/2 : FROM base");
      onLine?.("Step 2/2 : COPY . .");
      return { status: "running" };
    };
    const form = platformForm({ agent_id: "a", tarball: await goodTarball() });
    const { status, text } = await deploy(api, form, { accept: "application/x-ndjson" });
    const steps = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(status).toBe(200);
    expect(steps.slice(0, 2)).toEqual([{ line: "Step 1/2 : FROM base" }, { line: "Step 2/2 : COPY . ." }]);
    expect(steps.at(-1)).toEqual({ status: 200, body: expect.objectContaining({ agent_id: "a", status: "running" }) });
  });

  test("is let end, and answered, by a runner that drains", async () => {
    const api = await localApi({}, [], { drainTimeoutSeconds: 60 });
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    api.agents.onDeploy = async () => {
      begun.resolve();
      await go.promise;
      return { status: "running" };
    };
    const deploying = deploy(api, platformForm({ agent_id: "a", tarball: await goodTarball() }));
    await begun.promise;
    const drained = api.drain();
    while ((await ask(`${api.url}/health`).catch(() => "refused")) !== "refused");
    expect(api.runner.status().phase).toBe("draining");
    go.resolve();
    expect(await deploying).toMatchObject({ status: 200, body: { status: "running" } });
    await drained;
  });

  test("goes on when its caller leaves", async () => {
    const api = await localApi();
    const begun = Promise.withResolvers<AbortSignal | undefined>();
    api.agents.onDeploy = async (_id, _folder, { signal }) => {
      begun.resolve(signal);
      return { status: "running" };
    };
    const gone = new AbortController();
    const body = platformForm({ agent_id: "a", tarball: await goodTarball() });
    const call = ask(`${api.url}/deploy`, { method: "POST", body, signal: gone.signal }).catch(() => "gone");
    const signal = await begun.promise;
    gone.abort();
    await call;
    expect(signal?.aborted).toBe(false);
  });
});

describe("a form that is not complete is a 422 that names every part", () => {
  const missing = (name: string) => ({ type: "missing", loc: ["body", name], msg: "Field required", input: null });

  test.each<[string, Record<string, string | Blob | undefined>, unknown[]]>([
    ["nothing", {}, [missing("agent_id"), missing("tarball")]],
    ["an empty agent_id (T139)", { agent_id: "", tarball: new Blob(["x"]) }, [missing("agent_id")]],
    ["no archive", { agent_id: "a" }, [missing("tarball")]],
    [
      "text for an archive",
      { agent_id: "a", tarball: "text" },
      [{ type: "value_error", loc: ["body", "tarball"], input: "text", ctx: { error: {} } }],
    ],
    [
      "files for texts",
      { agent_id: new Blob(["a"]), tarball: new Blob(["x"]), secrets: new Blob(["{}"]) },
      [
        { type: "string_type", loc: ["body", "agent_id"] },
        { type: "string_type", loc: ["body", "secrets"] },
      ],
    ],
  ])("for %s", async (_, fields, detail) => {
    const api = await localApi();
    const answer = await deploy(api, platformForm(fields));
    expect(answer).toMatchObject({
      status: 422,
      body: { detail, code: "VALIDATION_ERROR", error: expect.any(String) },
    });
    expect(answer.body.detail).toHaveLength(detail.length);
    expect(await incoming(api)).toEqual([]);
  });

  test.each<[string, string | undefined, Record<string, string>, string[]]>([
    ["JSON", '{"agent_id":"a"}', { "content-type": "application/json" }, ["agent_id", "tarball"]],
    ["a url-encoded form", "agent_id=a&b=c", { "content-type": "application/x-www-form-urlencoded" }, ["tarball"]],
    ["no body at all", undefined, {}, ["agent_id", "tarball"]],
  ])("for %s", async (_, body, headers, names) => {
    const { url } = await localApi();
    const answer = await ask(`${url}/deploy`, { method: "POST", headers, ...(body === undefined ? {} : { body }) });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toEqual(names.map(missing));
  });
});

describe("a form that is none is a 400", () => {
  const send = ({ url }: LocalApi, type: string, body: string) =>
    ask(`${url}/deploy`, { method: "POST", headers: { "content-type": type }, body });

  test.each<[string, string, string, string]>([
    ["without boundary", "multipart/form-data", "--x", "Missing boundary in multipart."],
    [
      "that breaks off",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb',
      "There was an error parsing the body",
    ],
    [
      "that breaks off inside the archive",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="tarball"; filename="a"\r\n\r\n\x1f',
      "There was an error parsing the body",
    ],
    [
      "with a text above 1 MiB",
      "multipart/form-data; boundary=x",
      `--x\r\ncontent-disposition: form-data; name="secrets"\r\n\r\n${"x".repeat(1_048_577)}\r\n--x--\r\n`,
      "Part exceeded maximum size of 1024KB.",
    ],
  ])("%s", async (_, type, body, detail) => {
    const api = await localApi();
    expect(await send(api, type, body)).toMatchObject({
      status: 400,
      body: { detail, error: detail, code: "VALIDATION_ERROR" },
    });
    expect(await incoming(api)).toEqual([]);
  });

  test("whose sender leaves leaves nothing behind", async () => {
    const api = await localApi();
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    await once(socket, "connect");
    const head =
      "POST /deploy HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 9999\r\n\r\n";
    socket.write(`${head}--x\r\ncontent-disposition: form-data; name="tarball"; filename="a"\r\n\r\n\x1f\x8b`);
    while ((await incoming(api)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    while ((await incoming(api)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("a deployment is refused as CONFIG_ERROR", () => {
  test.each<[string, string, string]>([
    ["of 129 characters (T141, T159)", "a".repeat(129), "too long"],
    ["with a traversal (T140, T160)", "../up", "alphanumeric"],
    ["with a slash", "a/b", "alphanumeric"],
    ["with a backslash", "a\\b", "alphanumeric"],
    ["with a space (T164)", "a b", "alphanumeric"],
    ["with an inner newline (T165)", "a\nb", "alphanumeric"],
    ["with a trailing newline", "abc\n", "alphanumeric"],
    ["with other letters", "zażółć", "alphanumeric"],
  ])("for an id %s", async (_, agentId, fragment) => {
    const { url } = await localApi();
    // Made by hand, since a client's form would turn a line feed into a line break.
    const tarball = (await archiveOf(HANDLER)).toString("latin1");
    const text = `--x\r\ncontent-disposition: form-data; name="agent_id"\r\n\r\n${Buffer.from(agentId).toString("latin1")}\r\n--x\r\ncontent-disposition: form-data; name="tarball"; filename="a"\r\n\r\n${tarball}\r\n--x--\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const answer = await ask(`${url}/deploy`, { method: "POST", headers, body: Buffer.from(text, "latin1") });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining(fragment) },
    });
  });

  test.each<[string, string, string]>([
    ["a list", "[1]", "got an array"],
    ["null", "null", "got null"],
    ["text", '"a"', "got a string"],
    ["no JSON", "{oops", "not valid JSON"],
    ["an object as value", '{"A":{}}', "A must be a string"],
    ["too long", JSON.stringify({ A: "x".repeat(131_070) }), "131072 bytes, not 131073"],
    ["an odd name", '{"A=B":"c"}', "member 1"],
  ])("for secrets that are %s", async (_, secrets, fragment) => {
    const api = await localApi();
    const form = platformForm({ agent_id: "a", tarball: await goodTarball(), secrets });
    expect(await deploy(api, form)).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining(fragment) },
    });
    expect(await incoming(api)).toEqual([]);
  });

  test("never with a word of the secrets", async () => {
    const api = await localApi();
    const form = platformForm({ agent_id: "a", tarball: await goodTarball(), secrets: '{"KEY":"hunter2' });
    expect((await deploy(api, form)).text).not.toContain("hunter2");
  });

  test("for an archive that leaves its folder (T142), judged after id and secrets", async () => {
    const api = await localApi();
    const tarball = await goodTarball([{ name: "../../x", content: "" }]);
    const answer = await deploy(api, platformForm({ agent_id: "a", tarball }));
    expect(answer).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining("Path traversal") },
    });
    expect((await deploy(api, platformForm({ agent_id: "a/b", tarball }))).body.error).toContain("alphanumeric");
    expect(await incoming(api)).toEqual([]);
  });

  test("for scalars as the reference turns them into text", async () => {
    const api = await localApi();
    const secrets = '{"N":1,"T":true,"F":false,"GONE":null,"S":"x"}';
    await deploy(api, platformForm({ agent_id: "a", tarball: await goodTarball(), secrets }));
    expect(api.agents.deployed[0]?.secrets).toEqual({ N: "1", T: "True", F: "False", S: "x" });
  });
});

describe("an upload beyond the limits is a 413 (OKEN-D22)", () => {
  test("for its archive, and the sender hears of it", async () => {
    const api = await localApi({ archiveBytes: 1_000 });
    const noise = Buffer.alloc(3_000_000, 0);
    crypto.getRandomValues(noise.subarray(0, 65_536));
    const archive = await archiveOf([{ name: "a", content: noise }]);
    const form = platformForm({ agent_id: "a", tarball: new Blob([Uint8Array.from(archive)]) });
    expect(await deploy(api, form)).toMatchObject({ status: 413, body: { code: "TOO_LARGE" } });
    expect(await incoming(api)).toEqual([]);
  });

  test("for the form as a whole", async () => {
    const api = await localApi({ archiveBytes: 1_000 });
    const form = platformForm({ agent_id: "a", junk: new Blob([Buffer.alloc(20_000_000)]) });
    expect(await deploy(api, form)).toMatchObject({ status: 413, body: { code: "TOO_LARGE" } });
  });

  test("for what it expands to", async () => {
    const api = await localApi({ expandedBytes: 100_000 });
    const tarball = await goodTarball([{ name: "zeros", content: Buffer.alloc(10_000_000) }]);
    expect(await deploy(api, platformForm({ agent_id: "a", tarball }))).toMatchObject({
      status: 413,
      body: { code: "TOO_LARGE" },
    });
    expect(await incoming(api)).toEqual([]);
  });
});

test("the platform's form has the shape that these tests send", async () => {
  const received = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      response.end();
      received.resolve(
        `content-length: ${request.headers["content-length"]}\n${Buffer.concat(chunks).toString("latin1")}`,
      );
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const form = platformForm({ agent_id: "a", tarball: new Blob(["x"]), secrets: "{}" });
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method: "POST", body: form });
  const text = await received.promise;
  expect(text).toMatch(/content-length: \d+/);
  expect(text).toMatch(
    /name="agent_id"[\s\S]*name="tarball"; filename="agent.tar.gz"\r\ncontent-type: application\/octet-stream[\s\S]*name="secrets"/i,
  );
});
