import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../script-executor/archives.ts";
import { addressOf, okenProject } from "./oken-project.ts";

const NOWHERE = "http://127.0.0.1:1";
const AGENT = { "agent/oken.toml": 'name = "a"\nslug = "a"\n', "agent/main.py": "def handler(i): return i\n" };

/** Where no engine is. */
const without = async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  return { dataDir, dockerHost: `unix://${dataDir}/no-engine.sock`, baseImage: "some/base:1", port: 0 };
};

test.each<[string, string[]]>([
  ["no act", []],
  ["an act that there is not", ["deplyo", "agent"]],
  ["no folder", ["deploy"]],
  ["one word too many", ["stop", "a", "b"]],
  ["a list for an input", ["invoke", "a", "[1]"]],
  ["no JSON for an input", ["invoke", "a", "{oops"]],
  ["an option that there is not", ["ls", "--all"]],
])("oken with %s ends with 2 before anything is asked", { timeout: 60_000 }, async (_, words) => {
  const { ended } = await okenProject(await without(), AGENT);
  const { code, stdout, stderr } = await ended("oken", ...words);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
  expect(stderr).not.toBe("");
});

test.each<[string, string[]]>([
  ["a tail of nothing", ["logs", "a", "--tail", "0"]],
  ["an API that is no URL", ["ls", "--api", "localhost"]],
])("oken with %s ends with 1, a fault of its options", { timeout: 60_000 }, async (_, words) => {
  const { ended } = await okenProject(await without(), AGENT);
  expect(await ended("oken", ...words)).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/--tail|--api/),
  });
});

test("every act ends with 1 where no API is, and says how to have one", { timeout: 120_000 }, async () => {
  const { ended } = await okenProject(await without(), AGENT);
  const acts = [
    ["deploy", "agent"],
    ["invoke", "a"],
    ["logs", "a"],
    ["logs", "a", "-f"],
    ["build-log", "a"],
    ["ls"],
    ["stop", "a"],
  ];
  for (const words of acts) {
    const { code, stdout, stderr } = await ended("oken", ...words, "--api", NOWHERE);
    expect({ words, code, stdout }, stderr).toEqual({ words, code: 1, stdout: "" });
    expect(stderr).toMatch(/no Oken runner API answers at http:\/\/127\.0\.0\.1:1[\s\S]*oken serve/);
  }
});

test("oken deploy ends with 1 for a folder that is none, and with 2 for secrets that cannot be read", {
  timeout: 60_000,
}, async () => {
  const { ended } = await okenProject(await without(), AGENT);
  expect(await ended("oken", "deploy", "gone")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("oken.toml"),
  });
  expect(await ended("oken", "deploy", "agent", "--secrets", "gone.json")).toMatchObject({ code: 2 });
});

test("oken serve waits for an engine that is away, and says so to who calls", { timeout: 60_000 }, async () => {
  const { call, ended } = await okenProject(await without(), AGENT);
  const served = call(["oken", "serve"]);
  const api = await addressOf(served);
  expect(await ended("oken", "ls", "--json", "--api", api)).toMatchObject({ code: 0, stdout: '{"agents":[]}\n' });
  const { code, stderr } = await ended("oken", "deploy", "agent", "--api", api);
  expect(code).toBe(1);
  expect(stderr).toMatch(/CONTAINER_ERROR/);
  served.signal("SIGTERM");
  expect(await served.exit(), served.stderr).toBe(0);
});

test("oken serve ends with 1 where its port is taken, and names the variable", { timeout: 60_000 }, async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  const { ended } = await okenProject({ ...(await without()), port });
  const { code, stderr } = await ended("oken", "serve");
  expect(code).toBe(1);
  expect(stderr).toContain("OKEN_PORT");
});

test("doctor names the engine that does not answer", { timeout: 60_000 }, async () => {
  const { ended } = await okenProject(await without());
  const { code, stdout } = await ended("doctor", "--json");
  expect(code).not.toBe(0);
  expect(stdout).toContain("no-engine.sock does not answer");
});
