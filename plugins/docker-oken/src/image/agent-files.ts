import { createHash } from "node:crypto";
import { lstat, open, opendir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** One entry below an agent's folder. */
export type AgentFile =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "file";
      /** `/` between its parts. */
      readonly path: string;
      readonly isExecutable: boolean;
      readonly bytes: number;
      readonly sha256: string;
    };

const READ_BYTES = 256 * 1024;

/** Everything below the folder, sorted by path, so that equal folders give equal lists. Reads every file once. */
export async function listFiles(folder: string): Promise<readonly AgentFile[]> {
  const found: AgentFile[] = [];
  // One for all files: a stream would leave a buffer behind for each 64 KiB.
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for await (const path of pathsBelow(folder, "")) {
    const file = await describe(folder, path, buffer);
    if (file) found.push(file);
  }
  return found.sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function* pathsBelow(folder: string, inside: string): AsyncGenerator<string> {
  for await (const entry of await opendir(join(folder, inside))) {
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    yield path;
    if (entry.isDirectory()) yield* pathsBelow(folder, path);
  }
}

/** Nothing for sockets, pipes and devices, which no archive brings. */
async function describe(folder: string, path: string, buffer: Buffer): Promise<AgentFile | undefined> {
  const full = join(folder, path);
  const found = await lstat(full);
  if (found.isDirectory()) return { kind: "folder", path };
  if (found.isSymbolicLink()) return { kind: "link", path, target: await readlink(full) };
  if (!found.isFile()) return undefined;
  const isExecutable = (found.mode & 0o100) !== 0;
  return { kind: "file", path, isExecutable, bytes: found.size, sha256: await digestOf(full, buffer) };
}

async function digestOf(file: string, buffer: Buffer): Promise<string> {
  const hash = createHash("sha256");
  await using handle = await open(file);
  for (;;) {
    const { bytesRead } = await handle.read(buffer);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, bytesRead));
  }
}
