import type { Coordinator } from "./coordinator.ts";
import type { Demands } from "./demands.ts";
import { JsonText } from "./json-text.ts";
import { notFound } from "./refusal.ts";
import { changeSession } from "./sessions.ts";
import type { RunRow, RunStatus } from "./store/rows.ts";

/** The run of this id; refuses with 404 when there is none. */
export function requireRun({ store }: Coordinator, id: string): RunRow {
  const run = store.runs.get(id);
  if (!run) throw notFound("Run not found");
  return run;
}

/** Whether a run in this state is over. */
export function isTerminal(status: RunStatus): boolean {
  return status === "completed" || status === "failed" || status === "stopped";
}

/** A run as `GET /runs` shows it: all fields, parameters as their source text, no scope and no blueprint (§1.2). */
export function runView(run: RunRow): Record<string, unknown> {
  const { seq, scope, settled_by, parameters, demands, ...fields } = run;
  return inProtocolOrder({ ...fields, parameters: new JsonText(parameters), demands: jsonOrNull(demands) });
}

/** A run as a poll delivers it: the view with the scope and the agent's resolved blueprint (§1.2). */
export function deliveredRun(run: RunRow, blueprint: Record<string, unknown> | null): Record<string, unknown> {
  return { ...runView(run), scope: jsonOrNull(run.scope), resolved_agent_blueprint: blueprint };
}

export function demandsOf(run: RunRow): Demands | null {
  return run.demands === null ? null : (JSON.parse(run.demands) as Demands);
}

/**
 * Fails runs because of something the coordinator noticed itself, and tells the feed. Their sessions become
 * `failed` unless `sessionsStay`.
 */
export function failRuns(
  coordinator: Coordinator,
  runs: readonly RunRow[],
  error: string,
  { sessionsStay }: { sessionsStay: boolean },
): void {
  const { store, clock, feed } = coordinator;
  for (const { run_id, session_id } of runs) {
    store.runs.update(run_id, { status: "failed", error, completed_at: clock.text() });
    if (!sessionsStay) changeSession(coordinator, session_id, { status: "failed" });
    feed.publish("run_failed", session_id, { run_id, error, session_id });
  }
}

function inProtocolOrder(fields: Record<string, unknown>): Record<string, unknown> {
  const { run_id, type, session_id, agent_name, parameters, project_dir, parent_session_id, ...rest } = fields;
  const { execution_mode, demands, ...state } = rest;
  const head = { run_id, type, session_id, agent_name, parameters, project_dir, parent_session_id };
  return { ...head, execution_mode, demands, ...state };
}

function jsonOrNull(text: string | null): JsonText | null {
  return text === null ? null : new JsonText(text);
}
