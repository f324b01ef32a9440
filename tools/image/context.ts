import { glob, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Pack, pack } from "tar-stream";

/** What `.dockerignore` lets through, for engines that are asked without the command line that reads it. */
const TAKEN = [
  ".dockerignore",
  ".npmrc",
  "Dockerfile",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "{core,plugins,profiles,image,supplied,tools/engine}/**/*",
];
const LEFT = ["**/node_modules", "**/dist", "**/*.tsbuildinfo"];

/**
 * The build's context as a tar stream, in a fixed order and without times, so that what has not changed is not built again.
 *
 * @param supplied Files put below `supplied/`: path on this machine by name.
 */
export async function packContext(root: string, supplied: Readonly<Record<string, string>>): Promise<Pack> {
  const files = new Map(Object.entries(supplied).map(([name, file]) => [`supplied/${name}`, file]));
  for (const pattern of TAKEN)
    for await (const name of glob(pattern, { cwd: root, exclude: LEFT }))
      if (!files.has(name)) files.set(name, join(root, name));
  const context = pack();
  for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const about = await stat(file);
    if (!about.isFile()) continue;
    context.entry({ name, mode: about.mode & 0o777, mtime: new Date(0) }, await readFile(file));
  }
  context.finalize();
  return context;
}
