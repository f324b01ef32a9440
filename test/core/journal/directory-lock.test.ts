import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { lockDirectory } from "../../../core/src/journal/directory-lock.ts";

const MODULE = join(import.meta.dirname, "../../../core/src/journal/directory-lock.ts");

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "leasehold-lock-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

it("is one's alone until it is released", async () => {
  const here = await directory();
  const lock = await lockDirectory(here);
  expect((await stat(lock?.file ?? "")).mode & 0o777).toBe(0o600);
  expect(await lockDirectory(here)).toBeUndefined();
  lock?.release();
  const again = await lockDirectory(here);
  expect(again).toBeDefined();
  again?.release();
});

it("is free once the process that had it was killed", async () => {
  const here = await directory();
  const program = `import { lockDirectory } from ${JSON.stringify(MODULE)};
    console.log((await lockDirectory(${JSON.stringify(here)})) !== undefined);
    setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(other.stdout, "data");
  expect(String(said)).toBe("true\n");
  expect(await lockDirectory(here)).toBeUndefined();
  other.kill("SIGKILL");
  await once(other, "exit");
  const lock = await lockDirectory(here);
  expect(lock).toBeDefined();
  lock?.release();
});

it("rejects for a directory that is not there", async () => {
  await expect(lockDirectory(join(await directory(), "gone"))).rejects.toThrow();
});
