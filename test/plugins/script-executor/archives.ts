import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { onTestFinished } from "vitest";

/** One entry of a hand-made archive, header as tar-stream takes it. */
export type Made = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** `script.json` of a script whose file is `run.sh`. */
export const manifestOf = (name: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({ name, description: "made by a test", script_file: "run.sh", ...more });

/** A good script, with what a test adds to it. */
export function scriptOf(name: string, script: string, more: readonly Made[] = []): Made[] {
  return [
    { name: `${name}/`, type: "directory", mode: 0o755 },
    { name: `${name}/run.sh`, mode: 0o644, content: script },
    { name: `${name}/script.json`, mode: 0o644, content: manifestOf(name) },
    ...more,
  ];
}

export async function tarOf(entries: readonly Made[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) tar.entry(header);
    else tar.entry(header, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const archiveOf = async (entries: readonly Made[]) => gzipSync(await tarOf(entries));

/** Changes bytes of one header, in which `name` stands, and mends the checksum. */
export function withHeader(tar: Buffer, name: string, change: (header: Buffer) => void): Buffer {
  const changed = Buffer.from(tar);
  const at = changed.indexOf(`${name}\0`);
  if (at < 0 || at % 512 !== 0) throw new Error(`no header of ${name}`);
  const header = changed.subarray(at, at + 512);
  change(header);
  header.fill(" ", 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return changed;
}

/** A directory for the length of a test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "leasehold-scripts-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Everything below a directory: kind, mode, and the content's digest or the link's target. */
export async function census(directory: string, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(join(directory, below))) {
    const path = join(below, name);
    const full = join(directory, path);
    const stats = await lstat(full);
    // The runner's own door, in its state directory.
    if (stats.isSocket()) continue;
    if (stats.isDirectory()) Object.assign(found, { [`${path}/`]: "" }, await census(directory, path));
    else if (stats.isSymbolicLink()) found[path] = `-> ${await readlink(full)}`;
    else
      found[path] = createHash("sha256")
        .update(await readFile(full))
        .digest("hex");
  }
  return found;
}
