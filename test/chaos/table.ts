import type { Facts, RunFacts } from "./facts.ts";
import type { Finding } from "./invariants.ts";
import type { Offence } from "./runner/mutations.ts";

const OFFENCES: readonly Offence[] = ["lost", "doubled", "disordered", "survivors"];

/** The suite's table for people. */
export function tableOf(facts: Facts): string {
  const outcomes = countsOf(facts.runs.map(outcomeOf));
  const behaviours = countsOf(facts.runs.map(({ planned }) => planned.behaviour));
  return [
    ...section(`faults (${facts.requests} requests)`, Object.entries(facts.faults)),
    ...section("happenings", Object.entries(facts.happened)),
    ...section(`runs (${facts.runs.length})`, Object.entries(behaviours)),
    ...section("outcomes", Object.entries(outcomes)),
    ...section(
      "worst times",
      Object.entries(facts.worst).map(([what, ms]) => [what, `${(ms / 1_000).toFixed(1)} s`]),
    ),
    `${facts.runs.length} runs in ${facts.seconds.toFixed(0)} s`,
  ].join("\n");
}

/** The line that the suite ends with; whoever reads it counts runs, and processes for survivors. */
export function lastLine(findings: readonly Finding[]): string {
  return OFFENCES.map((offence) => `${offence}=${countOf(findings, offence)}`).join(" ");
}

/** How many runs an offence happened to; without a run each counts. */
export function countOf(findings: readonly Finding[], offence: Finding["offence"]): number {
  const own = findings.filter((finding) => finding.offence === offence);
  return new Set(own.map((finding) => finding.run ?? finding)).size;
}

function section(title: string, rows: readonly (readonly [name: string, value: number | string])[]): string[] {
  const sorted = [...rows].sort(([one], [other]) => one.localeCompare(other));
  return [title, ...sorted.map(([name, value]) => `  ${name.padEnd(44)}${String(value).padStart(8)}`), ""];
}

/** Errors differ in what they name; numbers and quoted texts are left out to count them together. */
function outcomeOf({ status, error, planned }: RunFacts): string {
  if (error === null || status !== "failed") return status;
  return error.includes(planned.text) ? "failed: as it was made to" : `failed: ${error.slice(0, 34)}`;
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
