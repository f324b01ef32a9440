import type { Coordinator } from "./coordinator.ts";

const STALE_SECONDS = 300;
const RESTARTED = "Coordinator restarted during execution";

/**
 * Settles at the start what an earlier process left open (protocol §2.8): long-claimed runs are offered again, long
 * running ones fail, stopping ones count as stopped. Mode `all` ignores how long; `none` leaves everything.
 */
export function recoverRuns({ store, clock, options }: Coordinator): void {
  const { runRecoveryMode, noMatchTimeoutSeconds } = options;
  if (runRecoveryMode === "none") return;
  const now = clock.now();
  const timeout_at = clock.text(now + noMatchTimeoutSeconds * 1000);
  const before = clock.text(runRecoveryMode === "all" ? now : now - STALE_SECONDS * 1000);
  store.atomically(() => {
    for (const { run_id } of store.runs.select("WHERE status = 'claimed' AND claimed_at <= ?", before)) {
      // A new deadline, because the old one has passed by now and would fail the run before anyone could take it.
      store.runs.update(run_id, { status: "pending", runner_id: null, claimed_at: null, timeout_at });
    }
    for (const run of store.runs.select("WHERE status = 'running' AND started_at <= ?", before)) {
      store.runs.update(run.run_id, { status: "failed", error: RESTARTED, completed_at: clock.text(now) });
      store.sessions.update(run.session_id, { status: "failed" });
    }
    for (const run of store.runs.select("WHERE status = 'stopping'")) {
      store.runs.update(run.run_id, { status: "stopped", completed_at: clock.text(now) });
      store.sessions.update(run.session_id, { status: "stopped" });
    }
  });
}
