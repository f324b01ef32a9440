import { LeaseholdError } from "../errors/leasehold-error.ts";
import { version } from "../version.ts";
import { API_VERSION, OLDEST_API_VERSION, type Plugin } from "./plugin.ts";

/** The versions of the plugin contract that a core can serve. */
export interface ServedVersions {
  readonly oldest: number;
  readonly newest: number;
}

const SERVED: ServedVersions = { oldest: OLDEST_API_VERSION, newest: API_VERSION };

/** Why a plugin and this core do not fit, if they do not: which of the two is behind, and which to update. */
export function apiVersionFault(
  { definition: { name: plugin, apiVersion: wanted } }: Plugin,
  { oldest, newest }: ServedVersions = SERVED,
): LeaseholdError | undefined {
  if (!Number.isInteger(wanted))
    return new LeaseholdError("PLUGIN_API_INVALID", { plugin, given: shown(wanted), newest });
  if (wanted > newest) return new LeaseholdError("PLUGIN_API_NEWER", { plugin, wanted, newest, version });
  if (wanted < oldest) return new LeaseholdError("PLUGIN_API_OLDER", { plugin, wanted, oldest, newest, version });
  return undefined;
}

/** As its author wrote it, so that "1" is not taken for 1. */
function shown(given: unknown): string {
  return typeof given === "string" ? JSON.stringify(given) : String(given);
}
