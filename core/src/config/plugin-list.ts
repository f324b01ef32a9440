import { z } from "zod";
import { type ErrorDetails, LeaseholdError } from "../errors/leasehold-error.ts";
import type { Plugin } from "../plugin/plugin.ts";

/** The plugins of a configuration, flattened and without falsy entries, and what is wrong with the rest. */
export interface PluginList {
  readonly plugins: readonly Plugin[];
  readonly faults: readonly LeaseholdError[];
}

/** Reads `plugins` of a configuration. Entries that are no plugins become PLUGIN_INVALID faults that name their place. */
export function readPluginList(entries: unknown): PluginList {
  const plugins: Plugin[] = [];
  const faults: LeaseholdError[] = [];
  const visit = (entry: unknown, where: string): void => {
    if (Array.isArray(entry)) {
      for (const [index, inner] of entry.entries()) visit(inner, `${where}[${index}]`);
    } else if (isPlugin(entry)) plugins.push(entry);
    else if (entry) faults.push(notAPlugin({ where, problem: problemOf(entry) }));
  };
  if (entries && !Array.isArray(entries)) faults.push(notAPlugin({ where: "plugins", problem: "it is not a list" }));
  else visit(entries, "plugins");
  return { plugins, faults };
}

function isPlugin(entry: unknown): entry is Plugin {
  if (typeof entry !== "object" || entry === null) return false;
  const { definition } = entry as Partial<Plugin>;
  if (typeof definition !== "object" || definition === null || typeof definition.name !== "string") return false;
  return definition.options === undefined || definition.options instanceof z.ZodObject;
}

function problemOf(entry: unknown): string {
  if (typeof entry === "function") return "it is a function; call the plugin's factory";
  if (entry instanceof Promise) return "it is a promise; await it";
  if (typeof entry !== "object" || entry === null) return `it is a ${typeof entry}`;
  const { definition } = entry as { definition?: unknown };
  if (typeof definition !== "object" || definition === null) return "it was not made by definePlugin";
  if (typeof (definition as { name?: unknown }).name !== "string") return "its definition has no name";
  return `options of plugin "${(definition as { name: string }).name}" are no zod object`;
}

function notAPlugin(details: ErrorDetails): LeaseholdError {
  return new LeaseholdError("PLUGIN_INVALID", details);
}
