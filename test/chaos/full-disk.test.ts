import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileSizeLimit, mountDisk } from "./full-disk.ts";

// Writes a file for each line that it reads, and says whether it could.
const WRITER = `trap '' XFSZ; while read -r file; do echo text 2> /dev/null > "$file" && echo written || echo refused; done`;

it.each([
  ["a file system of its own, or what stands for one", mountDisk],
  ["a limit of file size", () => fileSizeLimit()],
])("is full for a process, and free again: %s", async (_, make) => {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-disk-"));
  const state = join(directory, "state");
  const disk = make(state);
  const writer = spawn("bash", ["-c", WRITER], { stdio: ["pipe", "pipe", "ignore"] });
  const write = async () => {
    writer.stdin.write(`${disk.kind === "tmpfs" ? state : directory}/${randomUUID()}\n`);
    return String((await once(writer.stdout, "data"))[0]).trim();
  };
  expect(await write()).toBe("written");
  disk.fill(writer.pid ?? 0);
  expect(await write()).toBe("refused");
  disk.free(writer.pid ?? 0);
  expect(await write()).toBe("written");
  writer.stdin.end();
  await once(writer, "close");
  disk.unmount();
  await rm(directory, { recursive: true });
});
