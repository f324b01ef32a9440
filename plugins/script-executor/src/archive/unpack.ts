import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Extract, extract, type Header } from "tar-stream";
import { ScriptFault } from "../script-fault.ts";
import { shownName } from "../script-name.ts";
import { entryPath } from "./entry-path.ts";
import { type Limits, refusal, withinBytes } from "./limits.ts";
import { ScriptTree } from "./script-tree.ts";

export interface UnpackRequest {
  /** Path of the gzip-compressed tar. */
  readonly archive: string;
  /** The name that all entries must lie under. */
  readonly script: string;
  /** The folder to make; it must not exist. What a refused archive has put there by then is the caller's to delete. */
  readonly into: string;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** Unpacks a script. Rejects with a `ScriptFault` when the archive breaks a rule, and with what the file system says. */
export async function unpack({ archive, script, into, limits, signal }: UnpackRequest): Promise<void> {
  const tar = extract();
  const tree = new ScriptTree(into, limits);
  const reading = pipeline(
    createReadStream(archive),
    createGunzip({ rejectGarbageAfterEnd: true }),
    (source: AsyncIterable<Uint8Array>) => withinBytes(source, limits.expandedBytes, "it expands to"),
    tar,
    { signal },
  ).catch((thrown: unknown) => {
    throw judged(thrown);
  });
  const building = build(tar, tree, script, limits).catch((thrown: unknown) => {
    tar.destroy(thrown as Error);
    throw thrown;
  });
  const [read, built] = await Promise.allSettled([reading, building]);
  signal.throwIfAborted();
  // Whichever failed first took the other one with it. A fault says most; what building says, reading only repeats.
  const thrown = [built, read].flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (thrown.length > 0) throw thrown.find((one) => one instanceof ScriptFault) ?? thrown[0];
  await tree.finish();
}

type Entry = AsyncIterable<unknown> & { readonly header: Header };

async function build(tar: Extract, tree: ScriptTree, script: string, limits: Limits): Promise<void> {
  let entries = 0;
  for await (const entry of tar) {
    if (++entries > limits.entries) throw refusal(`it holds more than ${limits.entries} entries`);
    await add(entry, tree, script, limits);
    entry.resume();
  }
}

async function add(entry: Entry, tree: ScriptTree, script: string, limits: Limits): Promise<void> {
  const { name, type, mode, linkname } = entry.header;
  const path = entryPath(name, script, limits.pathBytes);
  if (type === "directory") return tree.addDirectory(path);
  if (path.length === 0) throw refusal(`entry ${shownName(name)} stands for the script's folder but is a ${type}`);
  if (type === "file" || type === "contiguous-file")
    return tree.addFile(path, (mode & 0o100) !== 0, entry as AsyncIterable<Uint8Array>);
  if (type === "symlink") return tree.addSymbolicLink(path, linkname ?? "");
  if (type === "link") return tree.addHardLink(path, entryPath(linkname ?? "", script, limits.pathBytes));
  throw refusal(`entry ${shownName(name)} is a special file (${type ?? "of an unknown type"})`);
}

/** What decompression and the reading of headers complain of is the archive's fault; the rest is not. */
function judged(thrown: unknown): unknown {
  const { code = "", message = "" } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code.startsWith("Z_") || code === "ERR_TRAILING_JUNK_AFTER_STREAM_END")
    return refusal(`gzip: ${message}`, thrown);
  return /^(Invalid (tar )?header|Unexpected end of data|Header exceeds)/.test(message)
    ? refusal(`tar: ${message}`, thrown)
    : thrown;
}
