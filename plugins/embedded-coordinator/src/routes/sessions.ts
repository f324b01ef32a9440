import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import { eventSchema, latestResult, listEvents, storeEvent } from "../events.ts";
import { notFound, Refusal } from "../refusal.ts";
import { bindRuns } from "../reports.ts";
import { changeSession, deleteSession, requireSession } from "../sessions.ts";
import { stopSession } from "../stop.ts";
import type { SessionRow } from "../store/rows.ts";
import { validBody } from "../validation.ts";
import type { RouteContext } from "./context.ts";

type OfSession = { Params: { sessionId: string } };

const bindSchema = z.object({
  executor_session_id: z.string(),
  hostname: z.string(),
  executor_profile: z.string(),
  project_dir: z.string().nullish(),
});

const metadataSchema = z.object({
  project_dir: z.string().nullish(),
  agent_name: z.string().nullish(),
  last_resumed_at: z.string().nullish(),
  executor_session_id: z.string().nullish(),
  executor_profile: z.string().nullish(),
  hostname: z.string().nullish(),
});

/** Everything under `/sessions` (protocol §2.4). */
export function sessionRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { store } = coordinator;

  app.get("/sessions", async () => ({ sessions: store.sessions.select("ORDER BY created_at DESC, rowid DESC") }));

  app.get<OfSession>("/sessions/:sessionId", async (request) => ({
    session: requireSession(coordinator, request.params.sessionId),
  }));

  app.get<OfSession>("/sessions/:sessionId/status", async (request) => ({
    status: store.sessions.get(request.params.sessionId)?.status ?? "not_existent",
  }));

  app.get<OfSession>("/sessions/:sessionId/affinity", async (request) => {
    const session = requireSession(coordinator, request.params.sessionId);
    const { session_id, hostname, project_dir, executor_profile } = session;
    return { affinity: { session_id, hostname, project_dir, executor_profile } };
  });

  app.get<OfSession>("/sessions/:sessionId/result", async (request) => {
    const { session_id, status } = requireSession(coordinator, request.params.sessionId);
    if (status !== "finished" && status !== "idle") throw new Refusal(400, "Session not finished or idle");
    const result = latestResult(coordinator, session_id);
    if (!result) throw notFound("No result found");
    return result;
  });

  app.get<OfSession>("/sessions/:sessionId/events", async (request) => {
    const { session_id } = requireSession(coordinator, request.params.sessionId);
    return { events: listEvents(coordinator, session_id) };
  });

  app.post<OfSession>("/sessions/:sessionId/events", async (request, reply) => {
    const { value, texts } = validBody(request.body, eventSchema);
    const { session_id } = requireSession(coordinator, request.params.sessionId);
    if (value.session_id !== session_id) throw new Refusal(400, "Event session_id must match URL session_id");
    storeEvent(coordinator, value, texts);
    return reply.code(201).send({ ok: true });
  });

  app.post<OfSession>("/sessions/:sessionId/bind", async (request) => {
    const { value } = validBody(request.body, bindSchema);
    const session = requireSession(coordinator, request.params.sessionId);
    const status = bindRuns(coordinator, session) ? { status: "running" } : {};
    return changed(session, { ...present(value), ...status });
  });

  app.patch<OfSession>("/sessions/:sessionId/metadata", async (request) => {
    const { value } = validBody(request.body, metadataSchema);
    return changed(requireSession(coordinator, request.params.sessionId), present(value));
  });

  app.post<OfSession>("/sessions/:sessionId/stop", async (request) => {
    const session = requireSession(coordinator, request.params.sessionId);
    return store.atomically(() => stopSession(coordinator, session));
  });

  app.delete<OfSession>("/sessions/:sessionId", async (request) => {
    const { session_id, status } = requireSession(coordinator, request.params.sessionId);
    if (status === "running" || status === "idle") throw new Refusal(409, "Stop session first");
    const { events, runs } = store.atomically(() => deleteSession(coordinator, session_id));
    const deleted = { session: true, events_count: events, runs_count: runs };
    return { ok: true, session_id, deleted, runs_removed_from_cache: runs };
  });

  function changed({ session_id }: SessionRow, changes: Partial<SessionRow>) {
    changeSession(coordinator, session_id, changes);
    return { ok: true, session: requireSession(coordinator, session_id) };
  }
}

/** Null means: leave as it is. */
function present(fields: Record<string, string | null | undefined>): Partial<SessionRow> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
