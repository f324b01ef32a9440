import type { Demands } from "./demands.ts";

/** What of a runner decides which runs it may take. */
export type Candidate = {
  hostname: string;
  project_dir: string;
  executor_profile: string;
  executor: Record<string, unknown>;
  tags: readonly string[];
  require_matching_tags: boolean;
  /** More host names that count as its own. */
  standsFor?: readonly string[];
  /** It takes no runs any more. */
  replaced?: boolean;
};

/** Whether a runner may take a run with these demands: all comparisons are exact and case-sensitive (protocol §1.7). */
export function matches(demands: Demands | null, runner: Candidate): boolean {
  if (runner.replaced) return false;
  if (demands === null) return !runner.require_matching_tags;
  if (demands.hostname && ![runner.hostname, ...(runner.standsFor ?? [])].includes(demands.hostname)) return false;
  if (demands.project_dir && demands.project_dir !== runner.project_dir) return false;
  if (demands.executor_profile && demands.executor_profile !== runner.executor_profile) return false;
  if (demands.executor_type && demands.executor_type !== runner.executor["type"]) return false;
  if (!demands.tags.every((tag) => runner.tags.includes(tag))) return false;
  // All demanded tags are the runner's by now, so one demanded tag is one matching tag.
  return !runner.require_matching_tags || demands.tags.length > 0;
}
