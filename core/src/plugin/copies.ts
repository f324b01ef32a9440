import { createRequire } from "node:module";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Plugin } from "./plugin.ts";

/** Packages that must be there once, for injection keeps its notes in them. Both are CommonJS, so Node lists what is loaded. */
const SINGLE = ["tsyringe", "reflect-metadata"] as const;

/** Where this copy of the core was loaded from; `definePlugin` stamps it on its plugins. */
export const coreCopy: string = new URL("..", import.meta.url).href;

/**
 * Faults for packages of which more than one copy is loaded. Two cores would not know each other's answers; two containers
 * would not know each other's classes.
 * @param loaded Paths of the CommonJS modules that are loaded in this process.
 */
export function findCopies(
  plugins: readonly Plugin[],
  loaded: readonly string[] = Object.keys(createRequire(import.meta.url).cache),
): LeaseholdError[] {
  const cores = new Set([coreCopy, ...plugins.flatMap(({ core }) => core ?? [])]);
  const found = new Map<string, readonly string[]>([["leasehold", [...cores]]]);
  for (const name of SINGLE) found.set(name, [...new Set(loaded.flatMap((path) => rootOf(name, path) ?? []))]);
  return [...found]
    .filter(([, copies]) => copies.length > 1)
    .map(([name, copies]) => new LeaseholdError("CORE_COPIES", { package: name, copies: copies.join(" and ") }));
}

/** The folder of the package that a module belongs to, if it is the one of that name. */
function rootOf(name: string, path: string): string | undefined {
  const parts = path.split(/[\\/]/);
  const at = parts.lastIndexOf("node_modules");
  return at >= 0 && parts[at + 1] === name ? path.slice(0, parts.slice(0, at + 2).join("/").length) : undefined;
}
