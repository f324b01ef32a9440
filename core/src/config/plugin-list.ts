import { z } from "zod";
import { type ErrorDetails, LeaseholdError } from "../errors/leasehold-error.ts";
import type { Plugin, PluginDefinition } from "../plugin/plugin.ts";

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

/** Nothing for a plugin. */
function problemOf(entry: unknown): string | undefined {
  if (typeof entry === "function") return "it is a function; call the plugin's factory";
  if (entry instanceof Promise) return "it is a promise; await it";
  if (typeof entry !== "object" || entry === null) return `it is a ${typeof entry}`;
  const { definition } = entry as { definition?: unknown };
  if (typeof definition !== "object" || definition === null) return "it was not made by definePlugin";
  return problemOfDefinition(definition);
}

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The compiler has not looked at plugins that are written in JavaScript. */
function problemOfDefinition(definition: Partial<Record<keyof PluginDefinition, unknown>>): string | undefined {
  const { name, options, setup, dependsOn = [], uses = [] } = definition;
  if (typeof name !== "string") return "its definition has no name";
  if (!NAME.test(name)) return `its name "${name}" is not lower-case words joined by hyphens`;
  if (options !== undefined && !(options instanceof z.ZodObject))
    return `options of plugin "${name}" are no zod object`;
  if (setup !== undefined && typeof setup !== "function") return `setup of plugin "${name}" is no function`;
  if (![dependsOn, uses].every(isListOfTexts)) return `dependsOn and uses of plugin "${name}" must be lists of names`;
  return undefined;
}

function isListOfTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === "string");
}

function notAPlugin(details: ErrorDetails): LeaseholdError {
  return new LeaseholdError("PLUGIN_INVALID", details);
}
