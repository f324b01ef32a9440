import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import { collected } from "../collected.ts";
import type { AgentFile } from "./agent-files.ts";
import { WRAPPER } from "./dockerfile.ts";

/** What an image is built from. */
export interface BuildContext {
  readonly folder: string;
  readonly files: readonly AgentFile[];
  readonly dependencyFiles: readonly string[];
  readonly dockerfile: string;
  /** Content of the wrapper; none for http agents. */
  readonly wrapper?: Buffer;
}

const EPOCH = new Date(0);

/**
 * Equal for equal content on an equal base in one runner (`instance`), and for nothing else: of an image that two runners
 * shared, one would take care, and remove it while the other deploys with it.
 */
export function contentHashOf({ files, dockerfile, wrapper }: BuildContext, baseId: string, instance: string): string {
  const parts = files.map((file) => [
    file.kind,
    file.path,
    file.kind === "file" ? [file.isExecutable, file.sha256] : file.kind === "link" ? file.target : "",
  ]);
  const hash = createHash("sha256").update(JSON.stringify([instance, baseId, dockerfile, parts]));
  if (wrapper) hash.update(wrapper);
  return hash.digest("hex").slice(0, 40);
}

/** The context as a tar stream that holds the same bytes for the same content: sorted, without times and owners. */
export function streamContext(context: BuildContext): Readable {
  const tar = pack();
  write(tar, context).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return Readable.from(tar);
}

async function write(tar: Pack, { folder, files, dependencyFiles, dockerfile, wrapper }: BuildContext): Promise<void> {
  tar.entry({ ...plain("Dockerfile"), mode: 0o644 }, dockerfile);
  if (wrapper) tar.entry({ ...plain(WRAPPER), mode: 0o644 }, wrapper);
  for (const file of files)
    if (file.kind === "file" && dependencyFiles.includes(file.path)) await add(tar, folder, file, "dependencies");
  tar.entry({ ...plain("app"), type: "directory", mode: 0o755 });
  for (const file of files) await add(tar, folder, file, "app");
}

async function add(tar: Pack, folder: string, file: AgentFile, place: string): Promise<void> {
  const header = plain(`${place}/${file.path}`);
  if (file.kind === "folder") tar.entry({ ...header, type: "directory", mode: 0o755 });
  else if (file.kind === "link") tar.entry({ ...header, type: "symlink", linkname: file.target, mode: 0o777 });
  else {
    const entry = tar.entry({ ...header, size: file.bytes, mode: file.isExecutable ? 0o755 : 0o644 });
    await pipeline(createReadStream(join(folder, file.path)), collected, entry);
  }
}

function plain(name: string): Partial<Header> & { name: string } {
  return { name, mtime: EPOCH, uid: 0, gid: 0, uname: "", gname: "" };
}
