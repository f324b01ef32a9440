import { createWriteStream } from "node:fs";
import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Limits, withinBytes } from "../archive/limits.ts";
import { MANIFEST, type Manifest, readManifest } from "../manifest.ts";
import { ScriptFault } from "../script-fault.ts";
import type { ScriptOrigin } from "../scripts.ts";
import { newVersionId } from "../store/installer.ts";
import type { ScriptStore } from "../store/script-store.ts";
import type { Version } from "../store/version.ts";
import { untilAborted } from "./until-aborted.ts";

export interface FetchRequest {
  readonly name: string;
  readonly origin: ScriptOrigin;
  readonly store: ScriptStore;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/**
 * Fetches a script and makes it a complete version that nobody uses yet; nothing when the origin has none. It grows beside
 * the versions, on the same file system, and whatever a failure leaves there is deleted.
 */
export async function fetchScript(request: FetchRequest): Promise<Version | undefined> {
  const over = new AbortController();
  try {
    const signal = AbortSignal.any([request.signal, over.signal]);
    const archive = await untilAborted(request.origin.download(request.name, signal), signal);
    return archive && (await install({ ...request, signal }, archive));
  } finally {
    // Lets go of a download that was not read to its end.
    over.abort();
  }
}

async function install(request: FetchRequest, archive: AsyncIterable<Uint8Array>): Promise<Version> {
  const { name, store } = request;
  await store.prepare();
  const id = newVersionId();
  const workshop = join(store.layout.incoming, id);
  await mkdir(workshop);
  try {
    const manifest = await build(request, archive, workshop);
    await rename(join(workshop, "version"), join(store.layout.versions, id));
    return { id, directory: join(store.layout.versions, id, name), manifest };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function build(request: FetchRequest, archive: AsyncIterable<Uint8Array>, workshop: string): Promise<Manifest> {
  const { name, limits, signal } = request;
  const file = join(workshop, "archive.tar.gz");
  const source = withinBytes(archive, limits.archiveBytes, "it is");
  await pipeline(source, createWriteStream(file, { mode: 0o600 }), { signal });
  const version = join(workshop, "version");
  const directory = join(version, name);
  await mkdir(version);
  // Loaded at the first archive: most runners that start have their scripts already, or none.
  const { unpack } = await import("../archive/unpack.ts");
  await unpack({ archive: file, script: name, into: directory, limits, signal });
  const manifest = await readManifest(directory);
  if (!manifest) throw new ScriptFault("SCRIPT_INVALID", `the archive holds no ${MANIFEST}`);
  await makeExecutable(join(directory, manifest.script_file), manifest.script_file);
  return manifest;
}

/** Whoever may read the file may execute it. Links inside have been checked when they were made. */
async function makeExecutable(path: string, shown: string): Promise<void> {
  const found = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "ENOENT") throw thrown;
  });
  if (!found?.isFile()) throw new ScriptFault("SCRIPT_INVALID", `script_file names no file of the script: ${shown}`);
  await chmod(path, found.mode | ((found.mode & 0o444) >> 2));
}
