import { spawn, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { end } from "../cli/project.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

describe("leasehold.js in a checkout", () => {
  let checkout: string;

  beforeEach(async () => {
    checkout = await copyCheckout();
  });
  afterEach(() => rm(checkout, { recursive: true, force: true }));

  it("compiles once when two first calls come together", async () => {
    const calls = await Promise.all([call("--version"), call("--version")]);
    for (const ended of calls) expect(ended).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
    const compiledAt = await modified("core/dist/index.js");
    expect(await call("--version")).toMatchObject({ code: 0 });
    expect(await modified("core/dist/index.js")).toBe(compiledAt);
  });

  it("compiles again what was deleted", async () => {
    await call("--version");
    await rm(path.join(checkout, "core/dist"), { recursive: true });
    expect(await call("--version")).toMatchObject({ code: 0, stderr: "" });
  });

  it("does not wait for a compiler that is gone", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const lock = path.join(checkout, "node_modules/.leasehold-build");
    await mkdir(lock);
    await writeFile(path.join(lock, "pid"), `${pid}`);
    expect(await call("--version")).toMatchObject({ code: 0, stderr: "" });
  });

  it("says why it cannot compile", async () => {
    await writeFile(path.join(checkout, "profiles/echo/src/index.ts"), "export const echo: number = 'one';");
    const { code, stdout, stderr } = await call("--version");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("leasehold could not be compiled:");
    expect(stderr).toContain("profiles/echo/src/index.ts");
  });

  it("asks for an installation when there is no compiler", async () => {
    await rm(path.join(checkout, "node_modules/typescript"));
    const { code, stderr } = await call("--version");
    expect(code).toBe(1);
    expect(stderr).toContain("run npm ci");
  });

  function call(...args: string[]) {
    const bin = path.join(checkout, "core/bin/leasehold.js");
    return end(spawn(process.execPath, [bin, ...args], { cwd: checkout, stdio: ["ignore", "pipe", "pipe"] }));
  }

  async function modified(file: string): Promise<number> {
    return (await stat(path.join(checkout, file))).mtimeMs;
  }
});

/** The workspace as `git clone` and `npm ci` leave it: sources and links to packages, nothing compiled. */
async function copyCheckout(): Promise<string> {
  const checkout = await mkdtemp(path.join(tmpdir(), "leasehold-checkout-"));
  for (const entry of ["package.json", "tsconfig.json", "tsconfig.base.json", "core", "plugins", "profiles"])
    await cp(path.join(root, entry), path.join(checkout, entry), {
      recursive: true,
      filter: (file) => !/(\/dist|\.tsbuildinfo)$/.test(file),
    });
  const modules = path.join(checkout, "node_modules");
  await mkdir(path.join(modules, "@leasehold"), { recursive: true });
  for (const name of await readdir(path.join(root, "node_modules")))
    if (name !== "leasehold" && name !== "@leasehold" && name !== ".leasehold-build")
      await symlink(path.join(root, "node_modules", name), path.join(modules, name));
  await symlink(path.join(checkout, "core"), path.join(modules, "leasehold"));
  for (const [folder, prefix] of [
    ["plugins", ""],
    ["profiles", "profile-"],
  ] as const)
    for (const name of await readdir(path.join(checkout, folder)))
      await symlink(path.join(checkout, folder, name), path.join(modules, "@leasehold", `${prefix}${name}`));
  return checkout;
}
