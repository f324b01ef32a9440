// Packs every package and looks at the tarballs as installers will: publint, types as resolved, what must be inside, ranges of peers.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "./packages/command.ts";
import { packWorkspace } from "./packages/pack.ts";
import { tarballFaults } from "./packages/tarball-faults.ts";

const root = path.resolve(import.meta.dirname, "..");
const bin = (program: string) => path.join(root, "node_modules/.bin", program);
const scratch = await mkdtemp(path.join(tmpdir(), "leasehold-packages-"));
let faulty = 0;
try {
  const tarballs = await packWorkspace(root, scratch);
  for (const [name, tarball] of tarballs) {
    const faults = [
      ...(await tarballFaults(tarball, [...tarballs.keys()])),
      ...(await tried(bin("publint"), ["--strict", tarball])),
      ...(await tried(bin("attw"), [tarball, "--profile", "esm-only", "--format", "ascii"])),
    ];
    process.stdout.write(`${name}: ${faults.length === 0 ? "sound" : `\n${faults.join("\n")}`}\n`);
    if (faults.length > 0) faulty++;
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.exitCode = faulty > 0 ? 1 : 0;

async function tried(program: string, args: readonly string[]): Promise<string[]> {
  return command(program, args, { cwd: scratch }).then(
    () => [],
    (thrown: Error) => [thrown.message],
  );
}
