import type { Coordinator } from "./coordinator.ts";
import { storeEvent } from "./events.ts";
import type { Verdict } from "./record.ts";
import { isTerminal } from "./runs.ts";
import { changeSession } from "./sessions.ts";
import type { RunRow, SessionRow } from "./store/rows.ts";

/** How a run ended, as its runner reports it (protocol §2.3). */
export type TerminalReport =
  | { outcome: "completed"; session_status: string }
  | { outcome: "failed"; error: string }
  | { outcome: "stopped" };

/**
 * Takes a runner's word that a run has started. A run that is over or already running stays as it is; one that is
 * being stopped keeps `stopping`, so that the stop is not forgotten.
 */
export function reportStarted(coordinator: Coordinator, run: RunRow): Verdict {
  const { store, clock, hazards } = coordinator;
  if (!hazards.unguardedReports) {
    if (isTerminal(run.status)) return "refused";
    if (run.started_at !== null) return "repeated";
  }
  const keepsStopping = run.status === "stopping" && !hazards.unguardedReports;
  const now = clock.text();
  store.runs.update(run.run_id, { status: keepsStopping ? "stopping" : "running", started_at: now });
  const session = store.sessions.get(run.session_id);
  const changes: Partial<SessionRow> = {};
  if (run.parent_session_id !== null) changes.parent_session_id = run.parent_session_id;
  if (session?.status === "idle") changes.status = "running";
  if (Object.keys(changes).length > 0) changeSession(coordinator, run.session_id, changes);
  storeEvent(coordinator, { event_type: "run_start", session_id: run.session_id, timestamp: now });
  return "accepted";
}

/**
 * Takes a runner's word on how a run ended. The first word stands: the same one again is a repetition, another one
 * is refused, and neither changes anything. Both are still answered 200, since a runner could do nothing better
 * about another status than to stop asking.
 */
export function reportEnd(coordinator: Coordinator, run: RunRow, report: TerminalReport): Verdict {
  const { store, clock, hazards } = coordinator;
  const settledBy = JSON.stringify(report);
  if (isTerminal(run.status) && !hazards.unguardedReports) {
    const same = run.status === report.outcome && (run.settled_by ?? settledBy) === settledBy;
    return same ? "repeated" : "refused";
  }
  const now = clock.text();
  const error = report.outcome === "failed" ? { error: report.error } : {};
  store.runs.update(run.run_id, { status: report.outcome, completed_at: now, settled_by: settledBy, ...error });
  changeSession(coordinator, run.session_id, { status: sessionStatusAfter(report) });
  if (report.outcome === "completed") {
    const event = { event_type: "run_completed", session_id: run.session_id, timestamp: now };
    storeEvent(coordinator, { ...event, exit_code: 0, reason: "completed" });
  }
  return "accepted";
}

/**
 * Whether a bind may set its session to `running`. The reference always does, which undoes a stop and reopens a
 * session that has ended (§7.2 H9).
 */
export function bindRuns({ store, hazards }: Coordinator, session: SessionRow): boolean {
  if (hazards.unguardedReports) return true;
  if (session.status === "stopping") return false;
  const newest = store.runs.first("WHERE session_id = ? ORDER BY seq DESC LIMIT 1", session.session_id);
  return newest === undefined || !isTerminal(newest.status);
}

function sessionStatusAfter(report: TerminalReport): string {
  return report.outcome === "completed" ? report.session_status : report.outcome;
}
