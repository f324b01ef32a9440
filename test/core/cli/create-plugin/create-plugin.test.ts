import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLUGIN_KINDS } from "../../../../core/src/cli/create-plugin/kinds.ts";
import main from "../../../../core/src/cli/main.ts";
import { version } from "../../../../core/src/version.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
let cwd: string;

beforeEach(async () => {
  cwd = await realpath(await mkdtemp(path.join(tmpdir(), "leasehold-create-")));
});
afterEach(() => rm(cwd, { recursive: true }));

async function call(...argv: string[]) {
  const told = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write(text: string) {
      told[name] += text;
      return true;
    },
  });
  const code = await main(["create-plugin", ...argv], {
    env: {},
    cwd,
    stdin: process.stdin,
    stdout: stream("stdout") as never,
    stderr: stream("stderr") as never,
  });
  return { code, ...told };
}

const read = (file: string) => readFile(path.join(cwd, file), "utf8");

/** Runs a program of this workspace in the new package, which sees the workspace's packages. */
async function inPackage(name: string, program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(path.join(root, "node_modules/.bin", program), args, {
    cwd: path.join(cwd, name),
    env,
  }).catch((failed: { stdout: string; stderr: string }) => {
    throw new Error(failed.stdout + failed.stderr);
  });
  return stdout;
}

describe("a new plugin", () => {
  it.each(Object.keys(PLUGIN_KINDS))(
    "of kind %s passes its tests and its suite as it is",
    async (kind) => {
      const name = `wide-${kind}`;
      expect(await call(name, "--kind", kind)).toMatchObject({ code: 0, stderr: "" });
      await symlink(path.join(root, "node_modules"), path.join(cwd, name, "node_modules"));
      await inPackage(name, "tsc");
      const told = await inPackage(name, "vitest", "run");
      expect(told).toMatch(/: \d+ hold(, \d+ do(es)? not apply)?$/m);
      expect(told).toMatch(/Tests {2}\d+ passed \(\d+\)/);
      await inPackage(name, "tsc", "-p", "tsconfig.build.json");
      expect(await readdir(path.join(cwd, name, "dist"))).toEqual(expect.arrayContaining(["index.js", "index.d.ts"]));
    },
    120_000,
  );

  it("bears its name everywhere", async () => {
    await call("@acme/two-words", "--kind", "executor");
    const names = await readdir(path.join(cwd, "two-words"), { recursive: true });
    for (const name of names.filter((file) => path.extname(file) !== "" && !file.endsWith("/"))) {
      const text = await read(path.join("two-words", name)).catch(() => "");
      expect(`${name}\n${text}`).not.toMatch(/sample|core-source|core-range/i);
    }
    expect(JSON.parse(await read("two-words/package.json"))).toMatchObject({
      name: "@acme/two-words",
      keywords: ["leasehold-plugin"],
      peerDependencies: {
        leasehold: `^${version}`,
        tsyringe: expect.any(String),
        "reflect-metadata": expect.any(String),
      },
    });
    expect(await read("two-words/src/index.ts")).toContain(
      'export const twoWords = definePlugin({\n  name: "two-words"',
    );
    expect(await read("two-words/README.md")).toContain('import { twoWords } from "@acme/two-words"');
  });

  it("is developed with what this workspace is developed with", async () => {
    await call("tools", "--kind", "profile");
    const { devDependencies } = JSON.parse(await read("tools/package.json"));
    const own = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")).devDependencies;
    for (const tool of ["typescript", "vitest", "@types/node"])
      expect(devDependencies[tool].replace("^", "")).toBe(own[tool].replace("^", ""));
  });

  it("gets the core from where it is told", async () => {
    await writeFile(path.join(cwd, "leasehold-0.1.0.tgz"), "");
    await call("a", "--kind", "executor", "--core", "leasehold-0.1.0.tgz");
    await call("b", "--kind", "executor", "--core", "next");
    await call("c", "--kind", "executor");
    await call("d", "--kind", "executor", "--core", "https://packages.test/leasehold-0.1.0.tgz");
    const cores = await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => JSON.parse(await read(`${name}/package.json`))),
    );
    const wanted = ["file:../leasehold-0.1.0.tgz", "next", `^${version}`, "https://packages.test/leasehold-0.1.0.tgz"];
    expect(cores.map(({ devDependencies }) => devDependencies.leasehold)).toEqual(wanted);
  });
});

describe("a call that is wrong", () => {
  it.each([
    ["no kind", ["sql"], /needs to know what the plugin is for\n {4}Add --kind with one of: executor, source/],
    ["a misspelt kind", ["sql", "--kind", "executer"], /no kind "executer" \(did you mean "executor"\?\)/],
    ["a path for a name", ["../sql", "--kind", "executor"], /"..\/sql" is no name for a plugin/],
    ["capitals in a name", ["Sql", "--kind", "executor"], /lower-case words joined by hyphens/],
    ["a word that cannot be exported", ["default", "--kind", "executor"], /cannot be the name/],
    [
      "a core that is not there",
      ["sql", "--kind", "executor", "--core", "nope.tgz"],
      /nope\.tgz, and there is nothing/,
    ],
    ["the name of the core", ["leasehold", "--kind", "executor"], /cannot be the name/],
  ])("writes nothing: %s", async (_, argv, told) => {
    const { code, stderr } = await call(...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
    expect(await readdir(cwd)).toEqual([]);
  });

  it("writes nothing into a directory that is not empty", async () => {
    await call("full", "--kind", "profile");
    await writeFile(path.join(cwd, "full/src/index.ts"), "mine");
    const { code, stderr } = await call("full", "--kind", "executor");
    expect([code, stderr]).toEqual([2, expect.stringContaining("full is not empty")]);
    expect(await read("full/src/index.ts")).toBe("mine");
  });
});
