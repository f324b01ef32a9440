import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Coordinator } from "./coordinator.ts";
import { stringify } from "./json-text.ts";
import { routeMisses } from "./misses.ts";
import { isLoopback } from "./options.ts";
import { Refusal } from "./refusal.ts";
import { agentRoutes } from "./routes/agents.ts";
import { type Note, SERVER_HEADER } from "./routes/context.ts";
import { healthRoutes } from "./routes/health.ts";
import { pollRoutes } from "./routes/poll.ts";
import { reportRoutes } from "./routes/reports.ts";
import { runnerRoutes } from "./routes/runners.ts";
import { runRoutes } from "./routes/runs.ts";
import { scriptRoutes } from "./routes/scripts.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { sseRoutes } from "./routes/sse.ts";
import { type Body, readBody } from "./validation.ts";

/**
 * Judges a request before anything else sees it: nothing to let it pass, or the status and detail to refuse it with.
 */
export type Guard = (request: {
  method: string;
  url: string;
  headers: FastifyRequest["headers"];
}) => Promise<{ status: number; detail: string } | undefined>;

/** Builds the HTTP server with all routes (protocol §2); it does not listen yet. */
export function buildServer(
  coordinator: Coordinator,
  closing: AbortSignal,
  guards: readonly (Guard | undefined)[],
): FastifyInstance {
  const { options } = coordinator;
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: options.bodyLimitBytes,
    keepAliveTimeout: options.keepAliveSeconds * 1000,
    routerOptions: { maxParamLength: 16_384 },
  });
  const notes = new WeakMap<FastifyRequest, Note>();
  app.addHook("onRequest", async (request, reply) => {
    reply.header("server", SERVER_HEADER);
    refuseForeignHost(options.host, request.hostname);
    const { method, url, headers } = request;
    for (const guard of guards) {
      const refused = await guard?.({ method, url, headers });
      if (refused) throw new Refusal(refused.status, refused.detail);
    }
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    keep(coordinator, request, reply, notes.get(request));
    done(null, payload);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, text, done) => {
    done(null, readBody(request.headers["content-type"], String(text)));
  });
  app.setErrorHandler(answerError);
  app.setReplySerializer((payload) => stringify(payload));
  routeMisses(app);
  const context = {
    coordinator,
    closing,
    note: (request: FastifyRequest, note: Note) => void notes.set(request, note),
  };
  for (const routes of ALL_ROUTES) routes(app, context);
  return app;
}

const ALL_ROUTES = [
  runnerRoutes,
  pollRoutes,
  reportRoutes,
  sessionRoutes,
  runRoutes,
  agentRoutes,
  scriptRoutes,
  sseRoutes,
  healthRoutes,
];

// A page of some web site may have its own name resolved to this machine; its requests still carry that name.
function refuseForeignHost(listening: string, named: string): void {
  const name = named.replace(/^\[(.*)\]$/, "$1");
  if (!isLoopback(listening) || isLoopback(name)) return;
  throw new Refusal(421, `This coordinator serves loopback names only, not '${name}'`);
}

function keep({ record, clock }: Coordinator, request: FastifyRequest, reply: FastifyReply, note?: Note): void {
  const [path = "", query = ""] = request.url.split("?", 2);
  if (path === "/health") return;
  const { api_key: _secret, ...shown } = Object.fromEntries(new URLSearchParams(query));
  const body = request.body as Body | undefined;
  const { method } = request;
  record.add({ at: clock.now(), method, path, query: shown, body: body?.value, status: reply.statusCode, ...note });
}

function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof Refusal) {
    reply.code(error.status).type("application/json").send({ detail: error.detail });
    return;
  }
  const status = statusOf(error);
  if (status >= 400 && status < 500) {
    reply
      .code(status)
      .type("application/json")
      .send({ detail: error instanceof Error ? error.message : "Bad request" });
    return;
  }
  reply.code(500).type("text/plain; charset=utf-8").send("Internal Server Error");
}

function statusOf(error: unknown): number {
  return error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
}
