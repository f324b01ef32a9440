import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import { flag, validQuery } from "../validation.ts";
import { type RouteContext, SERVER_HEADER } from "./context.ts";

const SILENCE_MILLISECONDS = 30_000;
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;

const querySchema = z.object({ session_id: z.string().optional(), include_init: flag(true) });

/** `GET /sse/sessions`, the stream of what happens to sessions (protocol §2.7). */
export function sseRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { feed, store } = coordinator;

  app.get("/sse/sessions", async (request, reply) => {
    const query = validQuery(request.query, querySchema);
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      server: SERVER_HEADER,
    });
    stream.flushHeaders();
    const send = (text: string) => {
      stream.write(text);
      silence.refresh();
      // Someone who does not read would fill this process's memory.
      if (stream.writableLength > MOST_UNREAD_BYTES) stream.destroy();
    };
    const silence = setTimeout(() => send(": heartbeat\n\n"), SILENCE_MILLISECONDS);
    const unsubscribe = feed.subscribe({ send, end: () => stream.end(), sessionId: query.session_id });
    stream.once("close", () => {
      clearTimeout(silence);
      unsubscribe();
    });
    if (query.include_init && request.headers["last-event-id"] === undefined) {
      send(feed.frame("init", { sessions: sessionsFor(query.session_id) }));
    }
  });

  function sessionsFor(id: string | undefined) {
    if (id === undefined) return store.sessions.select("ORDER BY created_at DESC, rowid DESC");
    return store.sessions.select("WHERE session_id = ?", id);
  }
}
