import type { FastifyInstance } from "fastify";

/** `GET /health` (protocol §2.6). */
export function healthRoutes(app: FastifyInstance): void {
  app.get("/health", async () => ({ status: "healthy" }));
}
