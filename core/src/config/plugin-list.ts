import { type ErrorDetails, LeaseholdError } from "../errors/leasehold-error.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { definitionProblem } from "./plugin-shape.ts";

/** The plugins of a configuration, flattened and without falsy entries, and what is wrong with the rest. */
export interface PluginList {
  readonly plugins: readonly Plugin[];
  readonly faults: readonly LeaseholdError[];
}

/** Reads `plugins` of a configuration. Entries that are no plugins become PLUGIN_INVALID faults that name their place. */
export function readPluginList(entries: unknown): PluginList {
  const plugins: Plugin[] = [];
  const faults: LeaseholdError[] = [];
  const around = new Set<unknown>();
  const visit = (entry: unknown, where: string): void => {
    if (Array.isArray(entry) && !around.has(entry)) {
      around.add(entry);
      for (const [index, inner] of entry.entries()) visit(inner, `${where}[${index}]`);
      around.delete(entry);
    } else if (entry) {
      const problem = problemOf(entry);
      if (problem === undefined) plugins.push(entry as Plugin);
      else faults.push(notAPlugin({ where, problem }));
    }
  };
  if (entries && !Array.isArray(entries)) faults.push(notAPlugin({ where: "plugins", problem: "it is not a list" }));
  else visit(entries, "plugins");
  return { plugins, faults };
}

/** Why an entry is no plugin; nothing when it is one. */
function problemOf(entry: unknown): string | undefined {
  if (Array.isArray(entry)) return "it is a list that contains itself";
  if (typeof entry === "function") return "it is a function; call the plugin's factory";
  if (entry instanceof Promise) return "it is a promise; await it";
  if (typeof entry !== "object" || entry === null) return `it is a ${typeof entry}`;
  const { definition } = entry as { definition?: unknown };
  if (typeof definition !== "object" || definition === null) return "it was not made by definePlugin";
  const { name } = definition as { name?: unknown };
  if (typeof name !== "string") return "its definition has no name";
  const problem = definitionProblem(definition);
  return problem && `${problem} (plugin ${JSON.stringify(name)})`;
}

function notAPlugin(details: ErrorDetails): LeaseholdError {
  return new LeaseholdError("PLUGIN_INVALID", details);
}
