import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../version.ts";
import { PLUGIN_KINDS, type PluginKind } from "./kinds.ts";
import type { PluginNames } from "./plugin-names.ts";

/** A file of a package to be. */
export interface PluginFile {
  /** Relative to the package. */
  readonly file: string;
  readonly text: string;
  readonly mode: number;
}

/** Packages of which every file is one for a plugin of the name `sample-plugin`. */
const TEMPLATES = fileURLToPath(new URL("../../../templates/", import.meta.url));

/** The files of a new package. `core` is where npm gets Leasehold from while the plugin is developed. */
export async function pluginFiles(kind: PluginKind, names: PluginNames, core: string): Promise<PluginFile[]> {
  const fill = filler(kind, names, core);
  const folders = ["common", kind].map((folder) => path.join(TEMPLATES, folder));
  const files = await Promise.all(folders.map((folder) => filesIn(folder, fill)));
  return files.flat();
}

async function filesIn(folder: string, fill: (text: string) => string): Promise<PluginFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (source) => {
      const text = fill(await readFile(source, "utf8"));
      return { file: nameOf(path.relative(folder, source), fill), text, mode: text.startsWith("#!") ? 0o755 : 0o644 };
    }),
  );
}

/** Files that mean something to npm wherever they lie have other names in the templates. */
const DISGUISED: Readonly<Record<string, string>> = { gitignore: ".gitignore", "package-json": "package.json" };

function nameOf(file: string, fill: (text: string) => string): string {
  return DISGUISED[file] ?? fill(file);
}

function filler(kind: PluginKind, names: PluginNames, core: string): (text: string) => string {
  const replacements: readonly (readonly [string, string])[] = [
    ['"name": "sample-plugin"', `"name": ${JSON.stringify(names.package)}`],
    ['from "sample-plugin"', `from ${JSON.stringify(names.package)}`],
    ["# sample-plugin\n", `# ${names.package}\n`],
    ["sample-plugin", names.plugin],
    ["samplePlugin", names.exported],
    ["SAMPLE_PLUGIN", names.variable],
    ["sample-description", PLUGIN_KINDS[kind]],
    ["core-range", `^${version}`],
    ['"core-source"', JSON.stringify(core)],
  ];
  return (text) => replacements.reduce((filled, [from, to]) => filled.replaceAll(from, () => to), text);
}
