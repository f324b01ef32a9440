import { pipeline, type Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { scriptManifest } from "./scripts.ts";
import type { ScriptRow } from "./store/rows.ts";

/**
 * A script's directory as a gzip-compressed tar, everything under `<name>/`. Files have mode 0644, as on the
 * reference's disk: it is the runner that makes the script executable (protocol §2.6).
 */
export function archiveScript(script: ScriptRow): Readable {
  const tar = pack();
  const mtime = new Date(`${script.modified_at}Z`);
  tar.entry({ name: `${script.name}/`, type: "directory", mode: 0o755, mtime });
  tar.entry({ name: `${script.name}/${script.script_file}`, mode: 0o644, mtime }, script.script_content);
  tar.entry({ name: `${script.name}/script.json`, mode: 0o644, mtime }, scriptManifest(script));
  tar.finalize();
  // An error can only be the client's disconnect, which ends both streams.
  return pipeline(tar, createGzip(), () => {});
}
