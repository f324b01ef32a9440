import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import {
  type Agent,
  type AgentDefinition,
  agentChangesSchema,
  agentView,
  checkAgent,
  findAgent,
  newAgentSchema,
  ownAgent,
  requireAgent,
} from "../agents.ts";
import { naiveTimestamp } from "../clock.ts";
import { notFound, Refusal } from "../refusal.ts";
import { flag, validBody, validQuery } from "../validation.ts";
import type { RouteContext } from "./context.ts";

type OfAgent = { Params: { name: string } };

/** Everything under `/agents` (protocol §2.6). Runner-owned agents can be read, not changed. */
export function agentRoutes(app: FastifyInstance, { coordinator }: RouteContext): void {
  const { store, registry, clock } = coordinator;

  app.get("/agents", async (request) => {
    const { tags } = validQuery(request.query, z.object({ tags: z.string().optional() }));
    const wanted = (tags ?? "")
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean);
    return allAgents()
      .filter(([, tagged]) => wanted.every((tag) => tagged.includes(tag)))
      .map(([view]) => view);
  });

  app.get<OfAgent>("/agents/:name", async (request) => {
    const { raw } = validQuery(request.query, z.object({ raw: flag(false) }));
    return agentView(coordinator, requireAgent(coordinator, request.params.name), { raw });
  });

  app.post("/agents", async (request, reply) => {
    const { name, ...definition } = validBody(request.body, newAgentSchema).value;
    if (findAgent(coordinator, name)?.kind === "own") throw new Refusal(409, `Agent already exists: ${name}`);
    checkAgent(definition);
    const now = naiveTimestamp(clock.now());
    store.agents.insert({ name, definition: JSON.stringify(definition), created_at: now, modified_at: now });
    return reply.code(201).send(agentView(coordinator, requireAgent(coordinator, name), { raw: true }));
  });

  app.patch<OfAgent>("/agents/:name", async (request) => {
    const { value } = validBody(request.body, agentChangesSchema);
    const { name, definition } = requireOwn(request.params.name);
    const changes = Object.entries(value).filter(([, part]) => part !== null && part !== undefined);
    const changed: AgentDefinition = { ...definition, ...Object.fromEntries(changes) };
    checkAgent(changed);
    store.agents.update(name, { definition: JSON.stringify(changed), modified_at: naiveTimestamp(clock.now()) });
    return agentView(coordinator, requireAgent(coordinator, name), { raw: true });
  });

  app.delete<OfAgent>("/agents/:name", async (request, reply) => {
    store.agents.remove(requireOwn(request.params.name).name);
    return reply.code(204).send();
  });

  function allAgents(): [view: Record<string, unknown>, tags: string[]][] {
    const own = store.agents.select("ORDER BY name").map(ownAgent);
    const ofRunners = registry.all().flatMap((owner) =>
      [...owner.agents.values()]
        .filter(({ name }) => !own.some((agent) => agent.name === name))
        .map((agent): [Record<string, unknown>, string[]] => {
          const view = agentView(coordinator, { kind: "runner", name: agent.name, agent, owner }, { raw: false });
          // Only the list names the owner.
          return [{ ...view, runner_id: owner.runner_id }, []];
        }),
    );
    const viewOf = (agent: Agent) => agentView(coordinator, agent, { raw: false });
    return [
      ...own.map((agent): [Record<string, unknown>, string[]] => [viewOf(agent), agent.definition.tags]),
      ...ofRunners,
    ];
  }

  function requireOwn(name: string) {
    const row = store.agents.get(name);
    if (!row) throw notFound(`Agent not found: ${name}`);
    return ownAgent(row);
  }
}
