import { readFields } from "../config/option-field.ts";
import type { PluginReport } from "../runner-api.ts";
import type { RunnerParts } from "../runner-parts.ts";
import { completeManifest } from "./manifest.ts";
import type { PluginDefinition } from "./plugin.ts";

/** What `leasehold plugins` shows of a plugin that is set up. */
export function reportOf(
  { name, dependsOn = [], uses = [], manifest, options }: PluginDefinition,
  { board, services, sources, profiles }: RunnerParts,
  setupMs: ReadonlyMap<string, number>,
): PluginReport {
  const declared = completeManifest(manifest, options ? readFields(name, options).fields : []);
  return {
    name,
    after: [...dependsOn, ...uses],
    taps: board.records.filter(({ plugin }) => plugin === name).map(({ hook }) => hook),
    provides: services.providedBy(name),
    sources: sources.filter(({ plugin }) => plugin === name).map(({ source }) => source.name),
    profiles: profiles.addedBy(name),
    ...(declared ? { manifest: declared } : {}),
    setupMs: setupMs.get(name) ?? 0,
  };
}
