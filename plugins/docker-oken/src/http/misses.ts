import type { FastifyInstance } from "fastify";
import { notFound } from "./answer-error.ts";
import { DetailFault } from "./faults.ts";

type KnownRoute = { readonly method: string; readonly pattern: RegExp };

/**
 * Answers what no route serves (spec §1.0): 405 with the right method where there is one, else 404. An encoded slash is
 * no part of an id, nor is nothing. Call it before the routes are added.
 */
export function routeMisses(app: FastifyInstance): void {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:\w+/g, "[^/]+")}$`);
    routes.push(...[method].flat().map((name) => ({ method: name, pattern })));
  });
  app.addHook("onRequest", async (request) => {
    const [path = ""] = request.url.split("?", 1);
    if (path.endsWith("/") || /%2f/i.test(path)) throw notFound();
  });
  app.setNotFoundHandler((request) => {
    const [path = ""] = request.url.split("?", 1);
    const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (methods.length === 0) throw notFound();
    throw new DetailFault(405, "METHOD_NOT_ALLOWED", "Method Not Allowed", undefined, { allow: methods.join(", ") });
  });
}
