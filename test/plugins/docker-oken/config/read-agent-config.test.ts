import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAgentConfig } from "../../../../plugins/docker-oken/src/config/read-agent-config.ts";
import { OkenError } from "../../../../plugins/docker-oken/src/oken-error.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oken-config-"));
});
afterEach(() => rm(folder, { recursive: true }));

const DEFAULTS = {
  pythonVersion: "3.12",
  pythonVersionStated: false,
  entrypoint: "main.py",
  pinned: false,
  limits: {},
};

describe("an oken.toml", () => {
  it.each([
    ["with only the table", '[agent]\nname = "vat"'],
    ["that is flat, as oken init writes it (OKEN-D4)", 'name = "vat"\nslug = "vat-quote"'],
    ["with both", 'name = "flat"\nslug = "s"\n[agent]\nname = "vat"'],
  ])("%s is read with the defaults (T97, T172)", async (_, text) => {
    expect(await read(text)).toEqual({ name: "vat", ...DEFAULTS });
  });

  it("keeps all fields (T98, T171)", async () => {
    const text = `[agent]
name = "vat"
python_version = "3.11"
entrypoint = "./src/app.py"
entrypoint_type = "http"
warm_timeout = 600
concurrency = 4
pinned = true
freeze_after = 30
invoke_timeout = 20
[agent.limits]
memory_mb = 64
cpus = 0.5
pids = 32`;
    expect(await read(text)).toEqual({
      name: "vat",
      pythonVersion: "3.11",
      pythonVersionStated: true,
      entrypoint: "src/app.py",
      entrypointType: "http",
      warmTimeout: 600,
      concurrency: 4,
      pinned: true,
      freezeAfter: 30,
      invokeTimeout: 20,
      limits: { memoryBytes: 64 * 1024 * 1024, cpus: 0.5, pids: 32 },
    });
  });

  it.each(["handler", "agent", "http"])("takes the type %s as text (T99, T177)", async (type) => {
    expect(await read(`name = "a"\nentrypoint_type = "${type}"`)).toMatchObject({ entrypointType: type });
  });

  it("takes each key from the table, else from the top level", async () => {
    const config = await read(
      'entrypoint = "top.py"\nwarm_timeout = 1\nname = "top"\n[agent]\nwarm_timeout = 2\nname = ""',
    );
    expect(config).toMatchObject({ entrypoint: "top.py", warmTimeout: 2, name: "top" });
  });

  it("ignores other keys and tables", async () => {
    expect(await read('name = "a"\nslug = 7\ncolour = "red"\n[tool]\nx = 1')).toEqual({ name: "a", ...DEFAULTS });
  });

  it.each([
    ["60", 60],
    ["0", 0],
    ["-5", -5],
    ["60.0", 60],
    ['"60"', 60],
    ["true", 1],
  ])("takes warm_timeout = %s as the reference does", async (text, seconds) => {
    expect(await read(`name = "a"\nwarm_timeout = ${text}`)).toMatchObject({ warmTimeout: seconds });
  });

  it.each([
    ["absent (T143, T173)", undefined, "oken.toml not found"],
    ["no TOML (T174)", "[agent\nname", "Invalid oken.toml"],
    ["without a name (T100, T175)", '[agent]\nentrypoint = "a.py"', "must specify agent.name"],
    ["with an empty table (T176)", "[agent]", "must specify agent.name"],
    ["with an empty name", 'name = ""', "must specify agent.name"],
    ["with a numeric name (OKEN-D7)", "name = 5", "name"],
    ["with a float version (OKEN-D7)", 'name = "a"\npython_version = 3.10', "python_version.*quotes"],
    ["with a fractional warm time (OKEN-D7)", 'name = "a"\nwarm_timeout = 1.5', "warm_timeout"],
    ["with an unknown type (OKEN-D7)", 'name = "a"\nentrypoint_type = "cgi"', "entrypoint_type"],
    ["with an empty type (OKEN-D7)", 'name = "a"\nentrypoint_type = ""', "entrypoint_type"],
    ["whose agent is no table (OKEN-D7)", 'agent = "vat"', "agent must be a table"],
    ["with an empty entrypoint (OKEN-D8)", 'name = "a"\nentrypoint = ""', "entrypoint"],
    ["with a newline in the version (OKEN-D23)", 'name = "a"\npython_version = "3.12\\nRUN evil"', "python_version"],
    ["with a newline in the entrypoint (OKEN-D23)", 'name = "a"\nentrypoint = "a.py\\nRUN evil"', "entrypoint"],
    ["with a variable in the entrypoint (OKEN-D23)", 'name = "a"\nentrypoint = "$HOME.py"', "entrypoint"],
    ["with an absolute entrypoint (OKEN-D24)", 'name = "a"\nentrypoint = "/etc/passwd"', "entrypoint.*relative"],
    ["with an entrypoint outside (OKEN-D24)", 'name = "a"\nentrypoint = "a/../../b.py"', "entrypoint.*leave"],
    ["with no call at once", 'name = "a"\nconcurrency = 0', "concurrency"],
    ["with a textual pinned", 'name = "a"\npinned = "yes"', "pinned"],
    ["with an integer that no number holds", 'name = "a"\nwarm_timeout = 99999999999999999999', ""],
  ])("%s is refused with the reason", async (_, text, reason) => {
    await expect(text === undefined ? readAgentConfig(folder) : read(text)).rejects.toThrow(new RegExp(reason, "s"));
    await expect(readAgentConfig(folder)).rejects.toMatchObject({ code: "CONFIG_ERROR", status: 400 });
  });

  it("that is not UTF-8 is refused (OKEN-D7)", async () => {
    await writeFile(join(folder, "oken.toml"), Buffer.from([0x6e, 0x3d, 0x22, 0xff, 0x22]));
    await expect(readAgentConfig(folder)).rejects.toThrow("Invalid oken.toml: it is not UTF-8");
  });

  it("that is huge is refused unread", async () => {
    await writeFile(join(folder, "oken.toml"), "");
    await truncate(join(folder, "oken.toml"), 8 * 1024 ** 3);
    await expect(readAgentConfig(folder)).rejects.toThrow(/Invalid oken.toml: 8589934592 bytes, 262144 are allowed/);
  });

  it("of whatever shape is read or refused, never worse", async () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const keys = ["name", "python_version", "entrypoint", "entrypoint_type", "warm_timeout", "concurrency", "limits"];
    const table = fc.dictionary(fc.constantFrom(...keys), fc.oneof(scalar, fc.array(scalar), fc.constant({})));
    await fc.assert(
      fc.asyncProperty(table, fc.option(table, { nil: undefined }), async (top, agent) => {
        const config = await read(stringify(agent ? { ...top, agent } : top)).catch((error: unknown) => error);
        if (config instanceof Error) expect(config).toBeInstanceOf(OkenError);
        else expect(config).toMatchObject({ entrypoint: expect.not.stringMatching(/\.\.\/|["'\\\n$]/) });
      }),
    );
  });
});

async function read(text: string) {
  await writeFile(join(folder, "oken.toml"), text);
  return readAgentConfig(folder);
}
