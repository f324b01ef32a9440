import { basename, resolve } from "node:path";

/** `PLUGINS` for the build, and the tarballs that it names, by their names below `supplied/`. */
export interface PluginList {
  readonly list: string | undefined;
  readonly tarballs: Readonly<Record<string, string>>;
}

/** Tarballs may lie anywhere on this machine: `../acme-wasm-1.0.0.tgz` is built as `supplied/acme-wasm-1.0.0.tgz`. */
export function readPluginList(text: string | undefined): PluginList {
  if (text === undefined) return { list: undefined, tarballs: {} };
  const tarballs: Record<string, string> = {};
  const words = text.split(/[\s,]+/).map((word) => {
    if (!word.endsWith(".tgz")) return word;
    tarballs[basename(word)] = resolve(word);
    return `supplied/${basename(word)}`;
  });
  return { list: words.filter((word) => word !== "").join(","), tarballs };
}
