import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Extract, extract, type Header } from "tar-stream";
import { collected } from "../collected.ts";
import { configError, OkenError } from "../oken-error.ts";
import { AgentFolder } from "./agent-folder.ts";
import { type ArchiveLimits, tooLarge, withinBytes } from "./limits.ts";
import { refused } from "./member-path.ts";

/**
 * Unpacks a gzip-compressed tar into an empty folder as it arrives (spec §3.2). Rejects with an `OkenError` when the archive
 * is none, breaks a rule or a limit; what it has put there by then is the caller's to delete.
 */
export async function receiveArchive(
  upload: AsyncIterable<Uint8Array>,
  into: string,
  limits: ArchiveLimits,
): Promise<void> {
  const folder = new AgentFolder(into, limits);
  const tar = extract();
  const reading = pipeline(
    Readable.from(gzipped(withinBytes(collected(upload), limits.archiveBytes, "it has")), { objectMode: false }),
    createGunzip(),
    (source: AsyncIterable<Uint8Array>) => withinBytes(collected(source), limits.expandedBytes, "it expands to"),
    tar,
  ).catch((thrown: unknown) => {
    throw judged(thrown);
  });
  const building = build(tar, folder, limits).catch((thrown: unknown) => {
    tar.destroy(thrown as Error);
    throw thrown;
  });
  const ends = await Promise.allSettled([building, reading]);
  // Whichever failed first took the other one with it; a fault of ours says most.
  const thrown = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (thrown.length > 0) throw thrown.find((one) => one instanceof OkenError) ?? thrown[0];
  await folder.finish();
}

/** Refuses what does not begin as gzip does: zlib alone takes an empty upload for an empty archive (OKEN-D5). */
async function* gzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head.length >= 2) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < 2) continue;
      if (head[0] !== 0x1f || head[1] !== 0x8b) throw configError("tarball: not a gzip archive");
      yield head;
    }
  }
  if (head.length < 2) throw configError(`tarball: not a gzip archive, but ${head.length} bytes`);
}

type Entry = AsyncIterable<unknown> & { readonly header: Header };

async function build(tar: Extract, folder: AgentFolder, limits: ArchiveLimits): Promise<void> {
  let entries = 0;
  for await (const entry of tar) {
    if (++entries > limits.entries) throw tooLarge(`it holds more than ${limits.entries} entries`);
    await add(entry, folder);
    entry.resume();
  }
}

async function add(entry: Entry, folder: AgentFolder): Promise<void> {
  const { name, type, mode, linkname } = entry.header;
  if (type === "directory") return folder.addDirectory(name);
  if (type === "file" || type === "contiguous-file")
    return folder.addFile(name, (mode & 0o100) !== 0, entry as AsyncIterable<Uint8Array>);
  if (type === "symlink") return folder.addSymbolicLink(name, linkname ?? "");
  if (type === "link") return folder.addHardLink(name, linkname ?? "");
  throw refused(name, `is a special file (${type ?? "of an unknown type"})`);
}

/** What decompression and the reading of headers complain of is the archive's fault; the rest is not. */
function judged(thrown: unknown): unknown {
  const { code = "", message = "" } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === "Z_BUF_ERROR") return configError("tarball: the gzip data is cut off", { cause: thrown });
  if (code.startsWith("Z_")) return configError(`tarball: not a gzip archive: ${message}`, { cause: thrown });
  // The gzip data ended, and more came: zeros of a tape, say.
  if (code === "ERR_STREAM_PREMATURE_CLOSE")
    return configError("tarball: something follows the gzip data", { cause: thrown });
  return /^(Invalid (tar )?header|Unexpected end of data|Header exceeds)/.test(message)
    ? configError(`tarball: not a tar inside the gzip data: ${message}`, { cause: thrown })
    : thrown;
}
