import { mkdir, mkdtemp, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Run, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

const seeing = (look: (run: Run) => unknown) => executor(async (run) => succeeded((await look(run)) as never));

/** What an executor sees of a run, as text. */
async function seen(look: (run: Run) => unknown, more = {}): Promise<unknown> {
  const { runner } = await boot([seeing(look)]);
  const { result, error } = await runner.execute(leased("run-1", more));
  return result ? JSON.parse(result.text) : error?.message;
}

describe("a run", () => {
  it("keeps the parameters' text and parses them frozen", async () => {
    const parametersText = '{ "n": 1.50, "deep": [{"a": {}}], "__proto__": {"x": 1} }';
    const look = ({ parameters, parametersText: text }: Run) => {
      const [first] = parameters["deep"] as [{ a: object }];
      return [text, parameters["n"] ?? null, Object.isFrozen(first.a), Object.hasOwn(parameters, "__proto__")];
    };
    expect(await seen(look, { parametersText })).toEqual([parametersText, 1.5, true, true]);
  });

  it("parses the parameters once", async () => {
    expect(await seen((run) => new Set([run.parameters, run.parameters]).size)).toBe(1);
  });

  it("takes its variables from the profile", async () => {
    const { runner } = await boot([
      plugin("data", ({ profiles }) =>
        profiles.add({ name: "p", directory: "/", executor: { type: "x" }, agents: [], env: { MODE: "test" } }),
      ),
      seeing((run) => run.env),
    ]);
    expect((await runner.execute(leased())).result?.text).toBe('{"MODE":"test"}');
  });

  it("has a private directory that goes with it", async () => {
    const { runner } = await boot([
      seeing(async (run) => {
        const directory = await run.tempDirectory();
        await writeFile(join(directory, "file"), "x");
        return [
          directory,
          directory === (await run.tempDirectory()),
          ((await stat(directory)).mode & 0o777).toString(8),
        ];
      }),
    ]);
    const [directory, same, mode] = JSON.parse((await runner.execute(leased())).result?.text ?? "");
    expect([same, mode]).toEqual([true, "700"]);
    await expect(stat(directory)).rejects.toThrow("ENOENT");
  });
});

describe("a run's project directory", () => {
  const roots = async () => realpath(await mkdtemp(join(tmpdir(), "leasehold-roots-")));

  it("is the real path below a root", async () => {
    const root = await roots();
    await mkdir(join(root, "real"));
    await symlink(join(root, "real"), join(root, "link"));
    const { runner } = await boot([seeing((run) => run.projectDir)], { projectDir: root, projectRoots: [root] });
    const { result } = await runner.execute(leased("run-1", { projectDir: join(root, "link") }));
    expect(result?.text).toBe(JSON.stringify(join(root, "real")));
  });

  it.each([
    ["outside the roots", () => "/usr"],
    ["beside a root of the same beginning", (root: string) => `${root}-other`],
    ["above the root", (root: string) => join(root, "..")],
    ["behind a link that leads out", (root: string) => join(root, "way-out")],
  ])("is refused %s", async (_where, directory) => {
    const root = await roots();
    await mkdir(`${root}-other`);
    await symlink("/usr", join(root, "way-out"));
    const { runner } = await boot([seeing((run) => run.projectDir)], { projectDir: root, projectRoots: [root] });
    const { status, error } = await runner.execute(leased("run-1", { projectDir: directory(root) }));
    expect([status, error?.code]).toEqual(["refused", "PROJECT_DIR_REFUSED"]);
  });

  it.each([
    ["is missing", (root: string) => join(root, "missing")],
    ["is a file", (root: string) => join(root, "file")],
    ["holds a NUL", (root: string) => join(root, "a\0b")],
  ])("is refused when it %s", async (_why, directory) => {
    const root = await roots();
    await writeFile(join(root, "file"), "");
    const { runner } = await boot([seeing((run) => run.projectDir)], { projectDir: root, projectRoots: [root] });
    const { status, error } = await runner.execute(leased("run-1", { projectDir: directory(root) }));
    expect([status, error?.code]).toEqual(["refused", "PROJECT_DIR_MISSING"]);
  });
});
