import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { agentRoutes } from "./agent-routes.ts";
import { answerClientError, answerErrors } from "./answer-error.ts";
import type { ApiParts } from "./api-parts.ts";
import { deployRoute } from "./deploy-route.ts";
import { browserGuard, tokenGuard } from "./guards.ts";
import { invokeRoute } from "./invoke-route.ts";
import { routeMisses } from "./misses.ts";

/** An upload over a slow line takes its time; one that comes to nothing ends. */
const REQUEST_TIMEOUT_MS = 600_000;

/**
 * Our routes have no schemas: what comes in is judged by the code that takes it. Fastify would load its compilers for them all the
 * same (10 MB).
 */
const NO_SCHEMAS: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

/** Builds the HTTP server with all routes (spec §1); it does not listen yet. */
export function buildServer(parts: ApiParts): FastifyInstance {
  const { options, log } = parts;
  const errors = answerErrors(log);
  const app = Fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: options.inputBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: errors,
    clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket),
  });
  const guard = options.apiToken === undefined ? browserGuard(options.host) : tokenGuard(options.apiToken);
  app.addHook("onRequest", (request, _reply, done) => {
    guard(request);
    done();
  });
  app.setErrorHandler(errors);
  routeMisses(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  invokeRoute(app, parts);
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
