import { findAgent } from "./agents.ts";
import { resolveBlueprint } from "./blueprint.ts";
import type { Coordinator } from "./coordinator.ts";
import { matches } from "./matching.ts";
import { Refusal } from "./refusal.ts";
import type { Runner } from "./registry.ts";
import { deliveredRun, demandsOf, failRuns } from "./runs.ts";
import type { RunRow } from "./store/rows.ts";

/**
 * Claims the oldest pending run that the runner may take, and answers it as a poll delivers it. A run whose agent
 * cannot be resolved any more fails here: the reference answers the poll with 500 and loses the run (§7.2 H3).
 */
export function claimRun(coordinator: Coordinator, runner: Runner): Record<string, unknown> | undefined {
  for (;;) {
    const run = oldestMatch(coordinator, runner);
    if (!run) return undefined;
    const blueprint = blueprintOf(coordinator, run);
    if (blueprint instanceof Refusal) {
      failRuns(coordinator, [run], String(blueprint.detail), { sessionsStay: false });
      continue;
    }
    const claim = { status: "claimed", claimed_at: coordinator.clock.text(), runner_id: runner.runner_id } as const;
    coordinator.store.runs.update(run.run_id, claim);
    return deliveredRun({ ...run, ...claim }, blueprint);
  }
}

function oldestMatch({ store }: Coordinator, runner: Runner): RunRow | undefined {
  for (const run of store.runs.each("WHERE status = 'pending' ORDER BY seq")) {
    if (matches(demandsOf(run), runner)) return run;
  }
  return undefined;
}

function blueprintOf(coordinator: Coordinator, run: RunRow): Record<string, unknown> | null | Refusal {
  const agent = run.agent_name === null ? undefined : findAgent(coordinator, run.agent_name);
  if (!agent) return null;
  try {
    return resolveBlueprint(coordinator, agent, run);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
