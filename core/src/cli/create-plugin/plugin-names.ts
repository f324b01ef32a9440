/** The names of a plugin in the places where it has one. */
export interface PluginNames {
  /** As npm has it, with its scope. */
  readonly package: string;
  /** As runners know it: lower-case words joined by hyphens. */
  readonly plugin: string;
  /** What the package exports. */
  readonly exported: string;
  /** Stem of its environment variables. */
  readonly variable: string;
}

const MOST_CHARACTERS = 100;
const PACKAGE = /^(?:@[a-z0-9][a-z0-9-]*\/)?([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/;
/** Words that cannot name what a module exports, and Leasehold's own. */
const TAKEN: ReadonlySet<string> = new Set([
  ..."await break case catch class const continue debugger default delete do else enum export extends false finally for function".split(
    " ",
  ),
  ..."if import in instanceof new null return super switch this throw true try typeof var void while with yield let static".split(
    " ",
  ),
  ..."implements interface package private protected public arguments eval leasehold node_modules".split(" "),
]);

/** The names that follow from what was asked for; a text says what is wrong with it. */
export function pluginNames(wanted: string): PluginNames | string {
  const [, plugin = ""] = PACKAGE.exec(wanted) ?? [];
  if (plugin === "" || wanted.length > MOST_CHARACTERS)
    return `${JSON.stringify(wanted)} is no name for a plugin: lower-case words joined by hyphens, with a scope or without, as in sql-executor or @acme/sql-executor`;
  const exported = plugin.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (TAKEN.has(exported)) return `${JSON.stringify(plugin)} cannot be the name of what a module exports`;
  return { package: wanted, plugin, exported, variable: plugin.replaceAll("-", "_").toUpperCase() };
}
