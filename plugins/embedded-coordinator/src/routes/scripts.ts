import type { FastifyInstance } from "fastify";
import { agentsUsing } from "../agents.ts";
import { archiveScript } from "../archive.ts";
import { naiveTimestamp } from "../clock.ts";
import { Refusal } from "../refusal.ts";
import { newScriptSchema, requireScript, scriptChangesSchema, scriptSummary, scriptView } from "../scripts.ts";
import { validBody } from "../validation.ts";
import type { RouteContext } from "./context.ts";

type OfScript = { Params: { name: string } };

/** Everything under `/scripts` (protocol §2.6). Each change is announced to every procedural runner. */
export function scriptRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { store, clock } = coordinator;

  app.get("/scripts", async () => store.scripts.select("ORDER BY name").map(scriptSummary));

  app.get<OfScript>("/scripts/:name", async (request) => scriptView(requireScript(coordinator, request.params.name)));

  app.get<OfScript>("/scripts/:name/download", async (request, reply) => {
    const script = requireScript(coordinator, request.params.name);
    reply.type("application/gzip").header("content-disposition", `attachment; filename="${script.name}.tar.gz"`);
    return reply.send(archiveScript(script));
  });

  app.post("/scripts", async (request, reply) => {
    const { value } = validBody(request.body, newScriptSchema);
    const { name, description, script_file, script_content } = value;
    if (store.scripts.get(name)) throw new Refusal(409, `Script already exists: ${name}`);
    const now = naiveTimestamp(clock.now());
    const parts = { parameters_schema: textOf(value.parameters_schema), demands: textOf(value.demands) };
    const times = { created_at: now, modified_at: now };
    store.scripts.insert({ name, description, script_file, script_content, ...parts, ...times });
    announce(name, "sync");
    return reply.code(201).send(scriptView(requireScript(coordinator, name)));
  });

  app.patch<OfScript>("/scripts/:name", async (request) => {
    const { value } = validBody(request.body, scriptChangesSchema);
    const { name } = requireScript(coordinator, request.params.name);
    const { parameters_schema, demands, ...texts } = value;
    store.scripts.update(name, {
      ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null && text !== undefined)),
      ...(parameters_schema && { parameters_schema: textOf(parameters_schema) }),
      ...(demands && { demands: textOf(demands) }),
      modified_at: naiveTimestamp(clock.now()),
    });
    announce(name, "sync");
    return scriptView(requireScript(coordinator, name));
  });

  app.delete<OfScript>("/scripts/:name", async (request, reply) => {
    const { name } = requireScript(coordinator, request.params.name);
    const users = agentsUsing(coordinator, name);
    if (users.length > 0) throw new Refusal(409, `Script is referenced by agents: ${users.join(", ")}`);
    store.scripts.remove(name);
    announce(name, "remove");
    return reply.code(204).send();
  });

  function announce(name: string, change: "sync" | "remove"): void {
    coordinator.registry.announceScript(name, change);
    coordinator.waiting.wake();
  }
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
