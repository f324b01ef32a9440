import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { CommandError, type Invocation, z } from "leasehold";
import { describe, expect, test } from "vitest";
import { okenCommand } from "../../../../plugins/docker-oken/src/cli/oken-command.ts";
import { options } from "../../../../plugins/docker-oken/src/options.ts";
import { temporaryDirectory } from "../../script-executor/archives.ts";
import { echo, OkenError } from "../local-agents.ts";
import { type LocalApi, localApi } from "../local-api.ts";

interface CallOptions {
  readonly flags?: Record<string, unknown>;
  readonly plugin?: Record<string, unknown>;
  readonly onTerminal?: boolean;
  readonly signal?: AbortSignal;
}

/** Calls `leasehold oken <words>` as the frame does, without its process. */
function call(words: readonly string[], { flags = {}, plugin = {}, onTerminal = false, signal }: CallOptions = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  for (const stream of [stdout, stderr]) Object.assign(stream, { isTTY: onTerminal });
  const invocation = {
    arguments: words,
    options: (okenCommand.options ?? z.object({})).parse(flags),
    pluginOptions: options.parse(plugin),
    stdout,
    stderr,
    signal: signal ?? new AbortController().signal,
  } as Partial<Invocation> as Invocation;
  const code = okenCommand.run(invocation).finally(() => {
    stdout.end();
    stderr.end();
  });
  return { code, out: text(stdout), err: text(stderr), stdout };
}

async function ended(words: readonly string[], given: CallOptions) {
  const { code, out, err } = call(words, given);
  return { code: await code, out: await out, err: await err };
}

async function faultOf(words: readonly string[], given: CallOptions = {}): Promise<CommandError> {
  const thrown = await call(words, given).code.then(
    () => undefined,
    (error) => error,
  );
  expect(thrown).toBeInstanceOf(CommandError);
  return thrown;
}

const at = ({ url }: LocalApi) => ({ flags: { api: url } });

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await temporaryDirectory();
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }
  return folder;
}

describe("oken deploy", () => {
  const files = {
    "oken.toml": 'name = "VAT"\nslug = "vat-quote"\n',
    "main.py": "def handler(i): return i\n",
    ".env": "KEY=1",
  };

  test("packs as the Oken CLI does, and says where the agent is", async () => {
    const api = await localApi();
    const { code, out } = await ended(["deploy", await folderOf(files)], at(api));
    expect({ code, out }).toEqual({ code: 0, out: `vat-quote is running: ${api.url}/invoke/vat-quote\n` });
    const [deployed] = api.agents.deployed;
    expect(deployed?.agentId).toBe("vat-quote");
    expect((await readdir(deployed?.folder ?? "")).sort()).toEqual(["main.py", "oken.toml"]);
  });

  test("shows the steps on a terminal, without control characters", async () => {
    const api = await localApi();
    api.agents.onDeploy = async (_id, _folder, { onLine }) => {
      onLine?.("Step 1 \u001b[31mred");
      return { status: "running" };
    };
    const folder = await folderOf(files);
    expect((await ended(["deploy", folder], { ...at(api), onTerminal: true })).err).toBe("Step 1 red\n");
    expect((await ended(["deploy", folder], at(api))).err).toBe("");
  });

  test("sends secrets, and an id that is given", async () => {
    const api = await localApi();
    const secrets = join(await folderOf({ "s.json": '{"A":"b"}' }), "s.json");
    await ended(["deploy", await folderOf(files)], { flags: { api: api.url, id: "other", secrets } });
    expect(api.agents.deployed[0]).toMatchObject({ agentId: "other", secrets: { A: "b" } });
  });

  test("fails with the runner's words", async () => {
    const api = await localApi();
    const folder = await folderOf(files);
    api.agents.onDeploy = async () => ({ status: "error", error: "not ready: ImportError" });
    expect((await faultOf(["deploy", folder], at(api))).message).toContain("not ready: ImportError");
    api.agents.onDeploy = async () => {
      throw new OkenError("BUILD_FAILED", "Failed to build image: no such package", { buildLog: "long" });
    };
    const fault = await faultOf(["deploy", folder], at(api));
    expect(fault.message).toContain("no such package (BUILD_FAILED)");
    expect(fault.fix).toContain("build-log");
  });

  test("fails before anything is sent for a folder that is none", async () => {
    expect((await faultOf(["deploy", "/nowhere"])).message).toContain("/nowhere/oken.toml");
    const folder = await folderOf({ "oken.toml": 'slug = "a/b"\n' });
    expect((await faultOf(["deploy", folder])).message).toContain("alphanumeric");
  });
});

describe("oken invoke", () => {
  test("prints the output as the agent wrote it", async () => {
    const api = await localApi();
    await api.agents.add("echo", echo);
    expect(await ended(["invoke", "echo", '{"a": 1.0,  "b":[]}'], at(api))).toMatchObject({
      code: 0,
      out: '{"a": 1.0,  "b":[]}\n',
    });
    expect((await ended(["invoke", "echo"], at(api))).out).toBe("{}\n");
  });

  test("says which code the runner answered", async () => {
    const api = await localApi();
    const fault = await faultOf(["invoke", "nobody"], at(api));
    expect({ ...fault, message: fault.message }).toMatchObject({
      message: "Agent nobody not found (AGENT_NOT_FOUND)",
      exitCode: 1,
    });
  });

  test.each(["[1]", "null", "{oops", "12"])("refuses %s as an input", async (input) => {
    expect(await faultOf(["invoke", "a", input])).toMatchObject({ exitCode: 2 });
  });
});

describe("oken logs", () => {
  test("prints lines, followed or not", async () => {
    const api = await localApi();
    await api.agents.add("one", echo);
    api.agents.lines = async function* () {
      yield Buffer.from("first");
      yield Buffer.from("second");
    };
    expect((await ended(["logs", "one"], at(api))).out).toBe("first\nsecond\n");
    const followed = await ended(["logs", "one"], { flags: { api: api.url, follow: true } });
    expect(followed).toMatchObject({ code: 0, out: "first\nsecond\n" });
  });

  test("follows until it is interrupted", async () => {
    const api = await localApi();
    await api.agents.add("one", echo);
    api.agents.lines = async function* ({ signal }) {
      yield Buffer.from("first");
      await once(signal, "abort");
    };
    const interrupt = new AbortController();
    const { code, stdout } = call(["logs", "one"], { flags: { api: api.url, follow: true }, signal: interrupt.signal });
    await once(stdout, "readable");
    interrupt.abort(new Error("SIGINT"));
    expect(await code).toBe(0);
  });

  test("fails when the log breaks off", async () => {
    const api = await localApi();
    await api.agents.add("one", echo);
    api.agents.lines = async function* () {
      yield Buffer.from("first");
      throw new OkenError("CONTAINER_ERROR", "container not found");
    };
    const fault = await faultOf(["logs", "one"], { flags: { api: api.url, follow: true } });
    expect(fault.message).toContain("container not found");
  });

  test("of a build are whole", async () => {
    const api = await localApi();
    await api.agents.add("one", echo);
    expect((await ended(["build-log", "one"], at(api))).out).toBe("Step 1/1 : FROM scratch\n");
  });
});

describe("oken ls and stop", () => {
  test("show and end what is deployed", async () => {
    const api = await localApi();
    await api.agents.add("one", echo);
    expect((await ended(["ls"], at(api))).out).toMatch(
      /^AGENT +STATUS +NAME +DEPLOYED +LAST CALLED\none +running +one +\S+ +never\n$/,
    );
    const { out } = await ended(["ls"], { flags: { api: api.url, json: true } });
    expect(JSON.parse(out).agents).toHaveLength(1);
    expect((await ended(["stop", "one"], at(api))).out).toContain("one is stopped");
    expect((await faultOf(["stop", "one"], at(api))).fix).toContain("oken ls");
  });
});

describe("every call", () => {
  test("carries the token of the configuration", async () => {
    const api = await localApi({ apiToken: "s3cret-token" });
    expect((await faultOf(["ls"], at(api))).fix).toContain("OKEN_API_TOKEN");
    const { port, hostname } = new URL(api.url);
    const plugin = { host: hostname, port: Number(port), apiToken: "s3cret-token" };
    expect((await ended(["ls"], { plugin })).code).toBe(0);
  });

  test("says that nobody answers, and how to change that", async () => {
    const fault = await faultOf(["ls"], { flags: { api: "http://127.0.0.1:1" } });
    expect(fault.message).toContain("no Oken runner API answers at http://127.0.0.1:1");
    expect(fault.fix).toContain("leasehold oken serve");
  });

  test.each([[["deplyo", "."]], [["deploy"]], [["stop", "a", "b"]], [["constructor"]]])(
    "refuses %j as a wrong call",
    async (words) => {
      expect(await faultOf(words)).toMatchObject({ exitCode: 2 });
    },
  );
});
