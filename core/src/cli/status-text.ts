import { visible } from "../log/visible.ts";
import type { RunnerStatus, SourceStanding } from "../status/runner-status.ts";

/** More names of runs than this say nothing to people. */
const MOST_NAMES = 5;

/** A runner's status in one line. */
export function describeStatus({ phase, pid, problem, sources }: RunnerStatus): string {
  const parts = [...(problem === undefined ? [] : [`takes no work: ${problem}`]), ...sources.map(describeSource)];
  return visible(`${phase} (pid ${pid})${parts.map((part) => `; ${part}`).join("")}`);
}

function describeSource({ name, ready, detail, slots, busy, quarantined, running, owed }: SourceStanding): string {
  const words = [
    ...(ready ? ["ready"] : []),
    ...(detail === undefined ? [] : [detail]),
    `${busy} of ${slots} slots busy`,
    ...(quarantined > 0 ? [`${quarantined} set aside`] : []),
    ...(running.length > 0 ? [`running ${namesOf(running)}`] : []),
    ...(owed > 0 ? [`reports of ${owed} runs owed`] : []),
  ];
  return `${name}: ${words.join(", ")}`;
}

function namesOf(runs: readonly string[]): string {
  const more = runs.length - MOST_NAMES;
  return more > 0 ? `${runs.slice(0, MOST_NAMES).join(" ")} and ${more} more` : runs.join(" ");
}
