import type { Coordinator } from "./coordinator.ts";
import { Refusal } from "./refusal.ts";
import { changeSession } from "./sessions.ts";
import type { RunRow, SessionRow } from "./store/rows.ts";

const ENDED = ["stopping", "stopped", "finished", "failed"];

/**
 * Stops whatever a session does and answers the body for the client (protocol §2.4, "Stop variants"). Repeating it
 * is harmless. Refuses with 500 when the runner that would have to stop is not registered.
 */
export function stopSession(coordinator: Coordinator, session: SessionRow): Record<string, unknown> {
  const { session_id } = session;
  const run = runToStop(coordinator, session_id);
  if (run?.status === "pending") return cancel(coordinator, run);
  if (run?.status === "claimed" || run?.status === "running") return signal(coordinator, run);
  if (ENDED.includes(session.status)) {
    return { ok: true, session_id, status: session.status, message: `Session already ${session.status}` };
  }
  if (session.status === "idle") return stopIdle(coordinator, session);
  if (session.status === "running") changeSession(coordinator, session_id, { status: "stopped" });
  if (!run) return { ok: true, session_id, status: "stopped", message: "Session has no run" };
  return { ok: true, session_id, run_id: run.run_id, status: "stopped", message: `Run already ${run.status}` };
}

function runToStop({ store, hazards }: Coordinator, sessionId: string): RunRow | undefined {
  const oldest = "WHERE session_id = ? ORDER BY seq LIMIT 1";
  if (hazards.oldestRunStops) return store.runs.first(oldest, sessionId);
  const active =
    "WHERE session_id = ? AND status IN ('pending', 'claimed', 'running', 'stopping') ORDER BY seq DESC LIMIT 1";
  return store.runs.first(active, sessionId) ?? store.runs.first(oldest, sessionId);
}

function cancel(coordinator: Coordinator, { run_id, session_id }: RunRow): Record<string, unknown> {
  coordinator.store.runs.update(run_id, { status: "stopped", completed_at: coordinator.clock.text() });
  changeSession(coordinator, session_id, { status: "stopped" });
  return { ok: true, run_id, session_id, status: "stopped", message: "Run cancelled before execution" };
}

function signal(coordinator: Coordinator, { run_id, session_id, runner_id }: RunRow): Record<string, unknown> {
  if (!queueStop(coordinator, runner_id, session_id)) throw new Refusal(500, "Failed to queue stop command");
  coordinator.store.runs.update(run_id, { status: "stopping" });
  changeSession(coordinator, session_id, { status: "stopping" });
  return { ok: true, run_id, session_id, status: "stopping" };
}

function stopIdle(coordinator: Coordinator, { session_id }: SessionRow): Record<string, unknown> {
  const newest = coordinator.store.runs.first("WHERE session_id = ? ORDER BY seq DESC LIMIT 1", session_id);
  const status = queueStop(coordinator, newest?.runner_id ?? null, session_id) ? "stopping" : "stopped";
  changeSession(coordinator, session_id, { status });
  return { ok: true, session_id, status };
}

function queueStop({ registry, waiting }: Coordinator, runnerId: string | null, sessionId: string): boolean {
  const runner = runnerId === null ? undefined : registry.find(runnerId);
  if (!runner) return false;
  runner.stops.add(sessionId);
  waiting.wake(runner.runner_id);
  return true;
}
