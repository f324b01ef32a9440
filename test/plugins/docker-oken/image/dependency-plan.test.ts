import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listFiles } from "../../../../plugins/docker-oken/src/image/agent-files.ts";
import { planDependencies } from "../../../../plugins/docker-oken/src/image/dependency-plan.ts";
import { agentFolder } from "./agent-folder.ts";

const PROJECT = '[project]\nname = "a"\nversion = "1"\n';

describe("the plan of an agent's dependencies", () => {
  it("is none without a dependency file", async () => {
    expect(await plan({ "main.py": "", "sub/requirements.txt": "six" })).toEqual({ kind: "none" });
  });

  it.each([
    [
      "plain requirements",
      { "requirements.txt": "six==1\n" },
      { kind: "requirements", files: ["requirements.txt"], needsFolder: false },
    ],
    [
      "included requirements",
      {
        "requirements.txt": "-r more.txt\n-c limits.txt",
        "more.txt": "--requirement=requirements.txt\n",
        "limits.txt": "",
      },
      { files: ["limits.txt", "more.txt", "requirements.txt"], needsFolder: false },
    ],
    ["a local path", { "requirements.txt": "./lib\n" }, { needsFolder: true }],
    ["an editable path", { "requirements.txt": "-e .\n" }, { needsFolder: true }],
    ["a local wheel", { "requirements.txt": "lib/a-1-py3-none-any.whl\n" }, { needsFolder: true }],
    ["a direct local reference", { "requirements.txt": "a @ file:///app/a\n" }, { needsFolder: true }],
    ["an included file that is absent", { "requirements.txt": "-r gone.txt\n" }, { needsFolder: true }],
    ["a comment about paths", { "requirements.txt": "six # see ./lib\n" }, { needsFolder: false }],
    [
      "a project before requirements",
      { "pyproject.toml": PROJECT, "requirements.txt": "six" },
      { kind: "project", files: ["pyproject.toml"], isLocked: false, isPackage: false, needsFolder: false },
    ],
    [
      "a locked project",
      { "pyproject.toml": PROJECT, "uv.lock": "" },
      { files: ["pyproject.toml", "uv.lock"], isLocked: true },
    ],
    [
      "a package",
      { "pyproject.toml": `${PROJECT}[build-system]\nrequires = []\n` },
      { isPackage: true, needsFolder: false },
    ],
    [
      "no package by its own word",
      { "pyproject.toml": `${PROJECT}[build-system]\nrequires = []\n[tool.uv]\npackage = false\n` },
      { isPackage: false },
    ],
    [
      "a dynamic project",
      { "pyproject.toml": '[project]\nname = "a"\ndynamic = ["version"]\n' },
      { needsFolder: true },
    ],
    [
      "a source in the folder",
      { "pyproject.toml": `${PROJECT}[tool.uv.sources]\nb = { path = "b" }\n` },
      { needsFolder: true },
    ],
    ["a workspace", { "pyproject.toml": `${PROJECT}[tool.uv.workspace]\nmembers = ["b"]\n` }, { needsFolder: true }],
    ["a project that is no TOML", { "pyproject.toml": "[" }, { kind: "project", needsFolder: false }],
  ])("knows %s", async (_, files, expected) => {
    expect(await plan(files)).toMatchObject(expected);
  });

  it.each(["pyproject.toml", "requirements.txt"])("is refused, unread, where %s is huge", async (name) => {
    await using agent = await agentFolder({ [name]: "" });
    await truncate(join(agent.folder, name), 8 * 1024 ** 3);
    const file = { kind: "file", path: name, isExecutable: false, bytes: 0, sha256: "" } as const;
    const planning = planDependencies(agent.folder, [file]);
    await expect(planning).rejects.toMatchObject({ code: "CONFIG_ERROR", message: expect.stringContaining(name) });
  });

  it("is refused where requirements include each other by the hundred", async () => {
    const files = Array.from({ length: 200 }, (_, at) => [`r${at}.txt`, `-r r${at + 1}.txt\n`] as const);
    const planning = plan({ "requirements.txt": "-r r0.txt", ...Object.fromEntries(files) });
    await expect(planning).rejects.toMatchObject({ code: "CONFIG_ERROR" });
  });
});

async function plan(files: Readonly<Record<string, string>>) {
  await using agent = await agentFolder(files);
  return await planDependencies(agent.folder, await listFiles(agent.folder));
}
