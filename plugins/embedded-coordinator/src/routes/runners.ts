import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import { timestampText } from "../clock.ts";
import { deregister } from "../lifecycle.ts";
import type { Runner } from "../registry.ts";
import { flag, validBody, validQuery } from "../validation.ts";
import type { RouteContext } from "./context.ts";

const jsonObject = z.record(z.string(), z.unknown());

const registrationSchema = z.object({
  hostname: z.string(),
  project_dir: z.string(),
  executor_profile: z.string(),
  executor: jsonObject.nullish(),
  tags: z.array(z.string()).nullish(),
  require_matching_tags: z.boolean().default(false),
  agents: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().nullish().transform(orNull),
        command: z.string(),
        parameters_schema: jsonObject.nullish().transform(orNull),
        output_schema: jsonObject.nullish(),
      }),
    )
    .nullish()
    .transform((agents) => agents ?? []),
});

/** Registration, heartbeat, deregistration and the list of runners (protocol §2.3). */
export function runnerRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { registry, clock, options, store, waiting } = coordinator;

  app.post("/runner/register", async (request) => {
    const { value } = validBody(request.body, registrationSchema);
    const scripts = store.scripts.select("ORDER BY name").map(({ name }) => name);
    const { runner_id } = registry.register(value, clock.now(), scripts);
    return {
      runner_id,
      poll_endpoint: "/runner/runs",
      poll_timeout_seconds: options.pollTimeoutSeconds,
      heartbeat_interval_seconds: options.heartbeatIntervalSeconds,
    };
  });

  app.post("/runner/heartbeat", async (request) => {
    const { value } = validBody(request.body, z.object({ runner_id: z.string() }));
    registry.require(value.runner_id).heartbeatAt = clock.now();
    return { ok: true };
  });

  app.get("/runners", async () => ({ runners: registry.all().map((runner) => runnerView(runner, clock.now())) }));

  app.delete<{ Params: { runnerId: string } }>("/runners/:runnerId", async (request) => {
    const query = validQuery(request.query, z.object({ self: flag(false) }));
    const runner = registry.requireToRemove(request.params.runnerId);
    if (query.self) {
      deregister(coordinator, runner);
      return { ok: true, message: "Runner deregistered", initiated_by: "self" };
    }
    runner.deregistering = true;
    waiting.wake();
    return { ok: true, message: "Runner marked for deregistration", initiated_by: "external" };
  });
}

function runnerView(runner: Runner, now: number): Record<string, unknown> {
  return {
    runner_id: runner.runner_id,
    registered_at: timestampText(runner.registeredAt),
    last_heartbeat: timestampText(runner.heartbeatAt),
    hostname: runner.hostname,
    project_dir: runner.project_dir,
    executor_profile: runner.executor_profile,
    executor: runner.executor,
    tags: runner.tags,
    require_matching_tags: runner.require_matching_tags,
    status: runner.status,
    seconds_since_heartbeat: (now - runner.heartbeatAt) / 1000,
  };
}

function orNull<Value>(value: Value | null | undefined): Value | null {
  return value ?? null;
}
