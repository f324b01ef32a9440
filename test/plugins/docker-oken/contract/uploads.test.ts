import { beforeAll, expect, test } from "vitest";
import { archiveOf, type Made } from "../../script-executor/archives.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { ask, invoke } from "../local-api.ts";
import { deploy, type OkenRunner, okenPlace, okenRunner, python, tidiedAfterAll } from "../oken-api.ts";

const NAMED = python("def handler(input):\n    return {'called': True}\n");

describeWithEngine("what is uploaded", { timeout: 120_000 }, () => {
  const tidied = tidiedAfterAll();
  let api: OkenRunner;
  beforeAll(async () => {
    api = await okenRunner(await okenPlace(tidied), {}, [], tidied);
  });

  test.each([
    ["letters and digits (T153)", "agent42"],
    ["hyphens (T154)", "my-agent"],
    ["underscores (T155)", "my_agent"],
    ["a mixture with capitals (T156)", "My-Agent_7"],
    ["128 characters (T157, checklist 6)", "a".repeat(128)],
    ["a leading hyphen (OKEN-D9)", "-agent"],
  ])("is called by an id of %s", async (_, id) => {
    const endpoint = `/invoke/${id}`;
    expect((await deploy(api.url, id, NAMED)).body).toEqual({ agent_id: id, status: "running", endpoint, error: null });
    expect((await invoke(api.url, id, { input: {} })).body.output).toEqual({ called: true });
    expect((await ask(`${api.url}/stop/${id}`, { method: "POST" })).status).toBe(200);
  });

  test.each<[string, string, string]>([
    ["129 characters (T141, T159, checklist 6)", "a".repeat(129), "too long"],
    ["a traversal (T140, T160)", "../../etc/passwd", "alphanumeric"],
    ["a slash (T161)", "a/b", "alphanumeric"],
    ["a backslash (T162)", "a\\b", "alphanumeric"],
    ["a space (T164)", "a b", "alphanumeric"],
    ["an inner newline (T165)", "a\nb", "alphanumeric"],
    ["a trailing newline", "abc\n", "alphanumeric"],
    ...[..."!@#$%^&*()+={}[]|"].map((sign): [string, string, string] => [
      `${sign} (T163)`,
      `a${sign}b`,
      "alphanumeric",
    ]),
  ])("is refused by an id with %s", async (_, id, fragment) => {
    expect(await upload(id, NAMED_ENTRIES)).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining(fragment) },
    });
  });

  test("is refused without an id, with the parameter that is missing (T139, T158, checklist 5)", async () => {
    const { status, body } = await upload("", NAMED_ENTRIES);
    expect(status).toBe(422);
    expect(body.detail).toEqual([{ type: "missing", loc: ["body", "agent_id"], msg: "Field required", input: null }]);
  });

  test("yields its files, sub-folders without entries included (T166, T170)", async () => {
    const source =
      "import pathlib\ndef handler(input):\n    return {'files': sorted(str(p) for p in pathlib.Path('.').rglob('*.txt'))}\n";
    const files = { ...python(source), "one.txt": "1", "deep/er/two.txt": "2" };
    expect((await deploy(api.url, "files", files)).body.status).toBe("running");
    expect((await invoke(api.url, "files", { input: {} })).body.output).toEqual({
      files: ["deep/er/two.txt", "one.txt"],
    });
  });

  test.each([
    ["climbs (T142, T167)", "../../../etc/passwd"],
    ["is absolute (T168)", "/etc/passwd"],
    ["climbs behind a folder (T169)", "sub/../../x"],
  ])("is refused when a member's name %s", async (_, name) => {
    expect(await upload("climber", [...NAMED_ENTRIES, { name, content: "" }])).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining("Path traversal") },
    });
    expect(await listed("climber")).toBeUndefined();
  });

  test.each([
    ["no file (T143, T173)", undefined, "oken.toml not found"],
    ["no TOML (T174)", "[agent\nname", "Invalid oken.toml"],
    ["no name (T100, T175)", '[agent]\nentrypoint = "main.py"', "must specify agent.name"],
    ["an empty table (T176)", "[agent]\n", "must specify agent.name"],
  ])("is refused for a configuration with %s, as CONFIG_ERROR (T81, T87, checklist 6)", async (_, toml, fragment) => {
    const files = toml === undefined ? { "main.py": "" } : { "main.py": "", "oken.toml": toml };
    const { status, body } = await deploy(api.url, "unconfigured", files);
    expect({ status, body }).toEqual({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining(fragment) },
    });
    expect(await listed("unconfigured")).toBeUndefined();
  });

  test("is main.py under a Python of the base image, or what its configuration states (T97, T98, T171, T172)", async () => {
    const source =
      "import os, sys\ndef handler(input):\n    return {'python': '%d.%d' % sys.version_info[:2], 'file': os.environ['OKEN_ENTRYPOINT']}\n";
    expect((await deploy(api.url, "default", python(source))).body.status).toBe("running");
    const { output } = (await invoke(api.url, "default", { input: {} })).body;
    expect(output).toEqual({ python: expect.stringMatching(/^3\./), file: "main.py" });

    const toml = `[agent]\nname = "Full"\npython_version = "${output.python}"\nentrypoint = "src/app.py"\nentrypoint_type = "handler"\nwarm_timeout = 600\n`;
    expect((await deploy(api.url, "full", { "oken.toml": toml, "src/app.py": source })).body.status).toBe("running");
    expect((await invoke(api.url, "full", { input: {} })).body.output).toEqual({ ...output, file: "src/app.py" });
    expect(await listed("full")).toMatchObject({ name: "Full" });
  });

  test("is told of when it cannot be built, log and all (T43, T84, T145)", async () => {
    const files = { ...NAMED, "requirements.txt": "no-such-package-of-anybody==99.99\n" };
    expect(await deploy(api.url, "never-built", files)).toMatchObject({
      status: 400,
      body: {
        code: "BUILD_FAILED",
        error: expect.stringContaining("Failed to build image"),
        build_log: expect.stringContaining("no-such-package-of-anybody"),
      },
    });
    expect(await listed("never-built")).toMatchObject({ status: "error" });
  });

  async function upload(agentId: string, entries: readonly Made[]) {
    // Made by hand, since a client's form would turn a line feed into a line break.
    const part = (name: string, more = "") => `--x\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
    const tarball = (await archiveOf(entries)).toString("latin1");
    const body = `${part("agent_id")}${agentId}\r\n${part("tarball", '; filename="a"')}${tarball}\r\n--x--\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    return ask(`${api.url}/deploy`, { method: "POST", headers, body: Buffer.from(body, "latin1") });
  }

  async function listed(agentId: string) {
    const { body } = await ask(`${api.url}/agents`);
    return body.agents.find((agent: { agent_id: string }) => agent.agent_id === agentId);
  }
});

describeWithEngine("a container that the engine does not start", { timeout: 120_000 }, () => {
  test("is a 500 CONTAINER_ERROR, and the agent is in error (T48, T86, T146)", async () => {
    const api = await okenRunner(await okenPlace(), { memoryBytes: 1_000 });
    const { status, body } = await deploy(api.url, "tiny", NAMED);
    expect({ status, body }).toEqual({
      status: 500,
      body: { code: "CONTAINER_ERROR", error: expect.stringContaining("Failed to start container") },
    });
    expect((await ask(`${api.url}/agents`)).body.agents).toMatchObject([{ agent_id: "tiny", status: "error" }]);
    expect(await invoke(api.url, "tiny", { input: {} })).toMatchObject({
      status: 400,
      body: { code: "AGENT_NOT_RUNNING", error: expect.stringContaining("no container") },
    });
    const { docker } = engine();
    const label = ["oken.agent_id=tiny"];
    expect(await docker.listContainers({ all: true, filters: { label } })).toEqual([]);
  });
});

const NAMED_ENTRIES: Made[] = Object.entries(NAMED).map(([name, content]) => ({ name, content }));
