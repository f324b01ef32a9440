import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "leasehold";
import type { Verdict } from "../record.ts";
import { Refusal } from "../refusal.ts";
import { reportEnd, reportStarted } from "../reports.ts";
import { requireRun } from "../runs.ts";
import { changeSession, requireSession } from "../sessions.ts";
import type { RunRow } from "../store/rows.ts";
import { validBody } from "../validation.ts";
import type { RouteContext } from "./context.ts";

const reporter = z.object({ runner_id: z.string() });
const completedSchema = reporter.extend({
  status: z.string().default("success"),
  session_status: z.string().nullish(),
});
const failedSchema = reporter.extend({ error: z.string() });
const stoppedSchema = reporter.extend({ signal: z.string().default("SIGTERM") });
const sessionStatusSchema = reporter.extend({ status: z.string() });

/** What runners report about runs and sessions (protocol §2.3). Any registered runner may report on any run. */
export function reportRoutes(app: FastifyInstance, context: RouteContext): void {
  const { coordinator, note } = context;
  const { registry, store } = coordinator;

  const onReport = <Shape extends typeof reporter>(
    name: string,
    shape: Shape,
    take: (run: RunRow, value: z.output<Shape>) => Verdict,
  ) =>
    app.post<{ Params: { runId: string } }>(`/runner/runs/:runId/${name}`, async (request) => {
      const { value } = validBody(request.body, shape);
      registry.require(value.runner_id);
      const run = requireRun(coordinator, request.params.runId);
      note(request as FastifyRequest, { verdict: store.atomically(() => take(run, value)) });
      return { ok: true };
    });

  onReport("started", reporter, (run) => reportStarted(coordinator, run));
  onReport("completed", completedSchema, (run, { session_status }) =>
    reportEnd(coordinator, run, { outcome: "completed", session_status: session_status ?? "finished" }),
  );
  onReport("failed", failedSchema, (run, { error }) => reportEnd(coordinator, run, { outcome: "failed", error }));
  onReport("stopped", stoppedSchema, (run) => reportEnd(coordinator, run, { outcome: "stopped" }));

  app.post<{ Params: { sessionId: string } }>("/runner/sessions/:sessionId/status", async (request) => {
    const { value } = validBody(request.body, sessionStatusSchema);
    registry.require(value.runner_id);
    if (!["finished", "failed", "stopped"].includes(value.status)) {
      throw new Refusal(400, "Status must be 'finished', 'failed', or 'stopped'");
    }
    const { session_id } = requireSession(coordinator, request.params.sessionId);
    changeSession(coordinator, session_id, { status: value.status });
    return { ok: true };
  });
}
