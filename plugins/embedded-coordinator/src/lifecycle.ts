import type { Coordinator } from "./coordinator.ts";
import type { Runner } from "./registry.ts";
import { failRuns } from "./runs.ts";
import { changeSession } from "./sessions.ts";

const DISCONNECTED = "Runner disconnected during execution";
const UNMATCHED = "No matching runner available within timeout";

/** One look at all runners: those without a heartbeat for too long become stale, then go (protocol §2.8). */
export function checkRunners(coordinator: Coordinator): void {
  const { registry, clock, options, waiting } = coordinator;
  const now = clock.now();
  for (const runner of registry.all()) {
    const age = (now - runner.heartbeatAt) / 1000;
    if (age >= options.removeThresholdSeconds) {
      registry.remove(runner.runner_id);
      failRunsOf(coordinator, runner);
      waiting.wake(runner.runner_id);
    } else if (age >= options.staleThresholdSeconds) {
      runner.status = "stale";
    }
  }
}

/** One look at all pending runs: those past their `timeout_at` fail. Their sessions stay `pending` (§1.7). */
export function failUnmatchedRuns(coordinator: Coordinator): void {
  const { store, clock } = coordinator;
  const overdue = store.runs.select("WHERE status = 'pending' AND timeout_at <= ? ORDER BY seq", clock.text());
  store.atomically(() => failRuns(coordinator, overdue, UNMATCHED, { sessionsStay: true }));
}

/** A runner says goodbye: it goes at once, its open runs fail and its idle sessions are finished (§2.3, DELETE). */
export function deregister(coordinator: Coordinator, runner: Runner): void {
  const { registry, waiting, store, feed } = coordinator;
  registry.remove(runner.runner_id);
  store.atomically(() => {
    failRunsOf(coordinator, runner);
    for (const { session_id } of idleSessionsOf(coordinator, runner)) {
      store.sessions.update(session_id, { status: "finished" });
      feed.publish("session_updated", session_id, { session: { session_id, status: "finished" } });
    }
  });
  waiting.wake(runner.runner_id);
}

/** One look at sessions whose runner is gone: those created too long ago are ended; their runs stay (§2.8). */
export function reapSessions(coordinator: Coordinator): void {
  const { store, registry, options, clock } = coordinator;
  const outcomes = {
    running: { after: options.reaperStaleRunningSeconds, becomes: "failed" },
    idle: { after: options.reaperStaleRunningSeconds, becomes: "finished" },
    stopping: { after: options.reaperStaleStoppingSeconds, becomes: "stopped" },
  };
  for (const [status, { after, becomes }] of Object.entries(outcomes)) {
    const before = clock.text(clock.now() - after * 1000);
    for (const { session_id } of store.sessions.select("WHERE status = ? AND created_at <= ?", status, before)) {
      const newest = store.runs.first("WHERE session_id = ? ORDER BY seq DESC LIMIT 1", session_id);
      if (newest?.runner_id && registry.find(newest.runner_id)) continue;
      changeSession(coordinator, session_id, { status: becomes });
    }
  }
}

function failRunsOf(coordinator: Coordinator, { runner_id }: Runner): void {
  const open = coordinator.store.runs.select(
    "WHERE status IN ('claimed', 'running') AND runner_id = ? ORDER BY seq",
    runner_id,
  );
  failRuns(coordinator, open, DISCONNECTED, { sessionsStay: false });
}

function idleSessionsOf({ store }: Coordinator, { runner_id }: Runner) {
  return store.sessions.select(
    `WHERE status = 'idle' AND ? =
       (SELECT runner_id FROM runs WHERE runs.session_id = sessions.session_id ORDER BY seq DESC LIMIT 1)`,
    runner_id,
  );
}
