import type { RunnerParts } from "../runner-parts.ts";
import type { Intake } from "../sources/intake.ts";
import { version } from "../version.ts";
import type { RunnerPhase, RunnerStatus, SourceStanding } from "./runner-status.ts";

/** Puts together what a runner tells of itself. */
export function statusOf(
  phase: RunnerPhase,
  intakes: readonly Intake[],
  { profiles, journal }: Pick<RunnerParts, "profiles" | "journal">,
): RunnerStatus {
  const sources = intakes.map(({ standing }) => (phase === "leasing" ? standing : { ...standing, ready: false }));
  const problem = phase === "leasing" ? problemOf(sources, journal.problem) : undefined;
  const leasing = phase === "leasing" && problem === undefined;
  const about = { version, pid: process.pid, profile: profiles.active()?.name ?? null };
  return { ...about, phase, leasing, ...(problem === undefined ? {} : { problem }), sources };
}

function problemOf(sources: readonly SourceStanding[], journal: Error | undefined): string | undefined {
  if (journal) return `the journal cannot be written: ${journal.message}`;
  const full = sources.filter(({ slots, quarantined }) => quarantined >= slots).map(({ name }) => name);
  return full.length > 0
    ? `all slots of ${full.join(", ")} are set aside, because runs have left survivors`
    : undefined;
}
