import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { agentRoutes } from "./agent-routes.ts";
import { answerClientError, answerErrors } from "./answer-error.ts";
import type { ApiParts } from "./api-parts.ts";
import { deployRoute } from "./deploy-route.ts";
import { browserGuard, tokenGuard } from "./guards.ts";
import { invokeListener } from "./invoke-listener.ts";
import { invokeRoute } from "./invoke-route.ts";
import { routeMisses } from "./misses.ts";

/** An `import` of it would load Node's own fetch (12 MB). */
const { createServer } = process.getBuiltinModule("node:http");
/** An upload over a slow line takes its time; one that comes to nothing ends. */
const REQUEST_TIMEOUT_MS = 600_000;
/** Longer than the usual time for which clients and proxies keep a connection, so that they are the ones who close it. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Our routes have no schemas: what comes in is judged by the code that takes it. Fastify would load its compilers for them all the
 * same (10 MB).
 */
const NO_SCHEMAS: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

/** Builds the HTTP server with all routes (spec §1); it does not listen yet. */
export function buildServer(parts: ApiParts): FastifyInstance {
  const { options, leases, log } = parts;
  const errors = answerErrors(log);
  const guard = options.apiToken === undefined ? browserGuard(options.host) : tokenGuard(options.apiToken);
  const calls = { leases, log, isClosing: () => !app.server.listening };
  const app: FastifyInstance = Fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: options.inputBytes,
    serverFactory(framework) {
      const invoke = invokeListener({ ...calls, guard, mostBytes: options.inputBytes });
      const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
      return createServer(timeouts, (request, response) => invoke(request, response) || framework(request, response));
    },
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: errors,
    clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket),
  });
  app.addHook("onRequest", (request, _reply, done) => {
    guard(request);
    done();
  });
  app.setErrorHandler(errors);
  routeMisses(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  invokeRoute(app, calls);
  app.register(async (streaming) => {
    streaming.removeAllContentTypeParsers();
    streaming.addContentTypeParser("*", (_request, _body, done) => done(null));
    deployRoute(streaming, parts);
    agentRoutes(streaming, parts);
  });
  return app;
}

function refuse(): never {
  throw new Error("a route of the Oken API has a schema, which nothing here compiles");
}
