import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { command } from "./command.ts";

/** Packs every package of the workspace; answers the tarballs' paths by the packages' names. The packages must be built. */
export async function packWorkspace(root: string, destination: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(destination, { recursive: true });
  const told = await command("npm", ["pack", "--workspaces", "--json", "--pack-destination", destination], {
    cwd: root,
  });
  const packed: readonly { name: string; filename: string }[] = Object.values(JSON.parse(told));
  const files = new Set(await readdir(destination));
  return new Map(
    packed.map(({ name, filename }) => {
      if (!files.has(filename)) throw new Error(`npm says that it wrote ${filename}, which is not in ${destination}`);
      return [name, path.join(destination, filename)];
    }),
  );
}
