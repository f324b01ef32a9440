import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import { apiVersionFault } from "./api-version.ts";
import type { Plugin } from "./plugin.ts";

/** Plugins in the order of their setups, and everything that is wrong with the list. */
export interface Plan<P extends { readonly plugin: Plugin }> {
  readonly ordered: readonly P[];
  readonly faults: readonly LeaseholdError[];
}

/** Orders plugins: list order, but after what each `dependsOn` and, where present, `uses`. */
export function planPlugins<P extends { readonly plugin: Plugin }>(listed: readonly P[]): Plan<P> {
  const faults: LeaseholdError[] = [];
  const byName = new Map<string, P>();
  for (const entry of listed) {
    const { name } = entry.plugin.definition;
    if (byName.has(name)) faults.push(new LeaseholdError("PLUGIN_DUPLICATE", { plugin: name }));
    else byName.set(name, entry);
    const unfit = apiVersionFault(entry.plugin);
    if (unfit) faults.push(unfit);
  }
  faults.push(...missingDependencies(byName));
  return { ordered: sort(byName, faults), faults };
}

function missingDependencies<P extends { readonly plugin: Plugin }>(byName: ReadonlyMap<string, P>): LeaseholdError[] {
  return [...byName.values()].flatMap(({ plugin: { definition } }) =>
    (definition.dependsOn ?? [])
      .filter((dependency) => !byName.has(dependency))
      .map((dependency) => {
        const suggestion = didYouMean(dependency, [...byName.keys()]);
        return new LeaseholdError("PLUGIN_MISSING", { plugin: definition.name, dependency, suggestion });
      }),
  );
}

function sort<P extends { readonly plugin: Plugin }>(byName: ReadonlyMap<string, P>, faults: LeaseholdError[]): P[] {
  const ordered = new Set<P>();
  const path: string[] = [];
  const visit = (entry: P): void => {
    const { name, dependsOn = [], uses = [] } = entry.plugin.definition;
    if (ordered.has(entry)) return;
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(" → ");
      faults.push(new LeaseholdError("PLUGIN_CYCLE", { cycle }));
      return;
    }
    path.push(name);
    for (const before of [...dependsOn, ...uses]) {
      const neighbour = byName.get(before);
      if (neighbour) visit(neighbour);
    }
    path.pop();
    ordered.add(entry);
  };
  for (const entry of byName.values()) visit(entry);
  return [...ordered];
}
