import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import { createRun, newRunSchema } from "../run-creation.ts";
import { requireRun, runView } from "../runs.ts";
import { requireSession } from "../sessions.ts";
import { stopSession } from "../stop.ts";
import { validBody, validQuery } from "../validation.ts";
import type { RouteContext } from "./context.ts";

type OfRun = { Params: { runId: string } };

/** Everything under `/runs` (protocol §2.5). */
export function runRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { store } = coordinator;

  app.post("/runs", async (request, reply) => {
    const { value, texts } = validBody(request.body, newRunSchema);
    const created = createRun(coordinator, value, texts);
    // Polls that it has woken are answered first: whoever waits for work gets it before its submitter hears of it.
    await nextTurn();
    return reply.code(201).send(created);
  });

  app.get("/runs", async (request) => {
    const { status } = validQuery(request.query, z.object({ status: z.string().optional() }));
    const rows = status
      ? store.runs.select("WHERE status = ? ORDER BY seq", status)
      : store.runs.select("ORDER BY seq");
    return { runs: rows.map(runView) };
  });

  app.get<OfRun>("/runs/:runId", async (request) => runView(requireRun(coordinator, request.params.runId)));

  app.post<OfRun>("/runs/:runId/stop", async (request) => {
    const run = requireRun(coordinator, request.params.runId);
    const session = requireSession(coordinator, run.session_id);
    return store.atomically(() => stopSession(coordinator, session));
  });
}
