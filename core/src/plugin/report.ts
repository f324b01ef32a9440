import type { PluginReport } from "../runner-api.ts";
import type { RunnerParts } from "../runner-parts.ts";

/** What `leasehold plugins` shows of a plugin that is set up. */
export function reportOf(
  { name, dependsOn = [], uses = [] }: { name: string; dependsOn?: readonly string[]; uses?: readonly string[] },
  { board, services, sources, profiles }: RunnerParts,
  setupMs: ReadonlyMap<string, number>,
): PluginReport {
  return {
    name,
    after: [...dependsOn, ...uses],
    taps: board.records.filter(({ plugin }) => plugin === name).map(({ hook }) => hook),
    provides: services.providedBy(name),
    sources: sources.filter(({ plugin }) => plugin === name).map(({ source }) => source.name),
    profiles: profiles.addedBy(name),
    setupMs: setupMs.get(name) ?? 0,
  };
}
