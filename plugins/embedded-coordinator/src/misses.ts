import type { FastifyInstance } from "fastify";

type KnownRoute = { method: string; pattern: RegExp };

/**
 * Answers what no route serves as the reference does (protocol §2.1): 307 to the path without its last slash where
 * that exists, 405 where another method does, else 404. Call it before the routes are added.
 */
export function routeMisses(app: FastifyInstance): void {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:\w+/g, "[^/]+")}$`);
    routes.push(...[method].flat().map((name) => ({ method: name, pattern })));
  });
  app.addHook("onRequest", async (request, reply) => {
    // The router would take the empty text after the slash for the value of a parameter.
    const [path = ""] = request.url.split("?", 1);
    if (path.endsWith("/") && !request.is404) reply.callNotFound();
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = "", query] = request.url.split("?", 2);
    const methods = methodsAt(routes, path);
    reply.type("application/json");
    if (methods.length > 0) {
      return reply.code(405).header("allow", methods.join(", ")).send({ detail: "Method Not Allowed" });
    }
    const trimmed = path.replace(/\/+$/, "");
    if (trimmed !== path && methodsAt(routes, trimmed).length > 0) {
      const target = query === undefined ? trimmed : `${trimmed}?${query}`;
      return reply.code(307).header("location", `http://${request.host}${target}`).send("");
    }
    return reply.code(404).send({ detail: "Not Found" });
  });
}

function methodsAt(routes: readonly KnownRoute[], path: string): string[] {
  return routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}
