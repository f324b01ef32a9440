import type { Coordinator } from "./coordinator.ts";
import { notFound } from "./refusal.ts";
import type { SessionRow } from "./store/rows.ts";

/** The session of this id; refuses with 404 when there is none. */
export function requireSession({ store }: Coordinator, id: string): SessionRow {
  const session = store.sessions.get(id);
  if (!session) throw notFound("Session not found");
  return session;
}

/** Changes a session and tells the feed. A session that is not known stays unknown. */
export function changeSession({ store, feed }: Coordinator, id: string, changes: Partial<SessionRow>): void {
  store.sessions.update(id, changes);
  const session = store.sessions.get(id);
  if (session) feed.publish("session_updated", id, { session });
}

/** Stores a session and tells the feed. */
export function createSession({ store, feed }: Coordinator, session: SessionRow): void {
  store.sessions.insert(session);
  feed.publish("session_created", session.session_id, { session });
}

/** Deletes a session with its events and runs; answers how many of each. */
export function deleteSession({ store, feed }: Coordinator, id: string): { events: number; runs: number } {
  const events = store.events.removeWhere("WHERE session_id = ?", id);
  const runs = store.runs.removeWhere("WHERE session_id = ?", id);
  store.sessions.remove(id);
  feed.publish("session_deleted", id, { session_id: id, runs_deleted: runs });
  return { events, runs };
}
