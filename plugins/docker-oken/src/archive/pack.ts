import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { configError } from "../oken-error.ts";

const LEFT_OUT_FOLDERS: ReadonlySet<string> = new Set([
  ".git",
  "__pycache__",
  "node_modules",
  ".venv",
  "venv",
  ".pytest_cache",
]);

/**
 * Packs a folder as the Oken CLI does (spec §2.1): files only, hidden ones and links left out, hidden folders walked.
 * The stream fails with an `OkenError` for a path with two dots in a row, as the CLI does.
 */
export function packFolder(folder: string): Readable {
  const tar = pack();
  const gzip = createGzip();
  tar.on("error", (thrown) => gzip.destroy(thrown));
  addAll(tar, folder).then(
    () => tar.finalize(),
    (thrown) => tar.destroy(thrown as Error),
  );
  return tar.pipe(gzip);
}

async function addAll(tar: Pack, folder: string): Promise<void> {
  for (const path of await packedFiles(folder)) await addFile(tar, folder, path);
}

/** Relative paths of what is packed, sorted, so that one folder always makes one archive. */
async function packedFiles(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of await opendir(join(folder, below))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!LEFT_OUT_FOLDERS.has(entry.name)) found.push(...(await packedFiles(folder, path)));
    } else if (entry.isFile() && isPacked(entry.name)) found.push(path);
  }
  return found.sort();
}

function isPacked(name: string): boolean {
  return !name.startsWith(".") || name === ".python-version";
}

async function addFile(tar: Pack, folder: string, path: string): Promise<void> {
  if (path.includes("..")) throw configError(`${path}: a path with two dots in a row cannot be packed`);
  const { size, mode, mtime } = await stat(join(folder, path));
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry({ name: path, size, mode: mode & 0o777, mtime }, (fault) =>
      fault ? reject(fault) : resolve(),
    );
    if (size === 0) return entry.end(Buffer.alloc(0));
    const file = createReadStream(join(folder, path), { end: size - 1 });
    file.on("error", reject).pipe(entry);
  });
}
