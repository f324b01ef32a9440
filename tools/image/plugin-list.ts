import { basename, resolve } from "node:path";

/** `PLUGINS` for the build, and the tarballs that it names, by their names below `supplied/`. */
export interface PluginList {
  readonly list: string | undefined;
  readonly tarballs: Readonly<Record<string, string>>;
}

/** Throws when two tarballs have one name. Tarballs may lie anywhere on this machine: `../acme-wasm-1.0.0.tgz` is built as `supplied/acme-wasm-1.0.0.tgz`. */
export function readPluginList(text: string | undefined): PluginList {
  if (text === undefined) return { list: undefined, tarballs: {} };
  const tarballs: Record<string, string> = {};
  const words = text.split(/[\s,]+/).map((word) => {
    if (!word.endsWith(".tgz")) return word;
    const [name, file] = [basename(word), resolve(word)];
    const other = tarballs[name];
    if (other !== undefined && other !== file)
      throw new Error(`${other} and ${file} have one name; rename one of them, for both would be supplied/${name}`);
    tarballs[name] = file;
    return `supplied/${name}`;
  });
  return { list: words.filter((word) => word !== "").join(","), tarballs };
}
