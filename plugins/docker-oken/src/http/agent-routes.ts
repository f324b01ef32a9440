import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { agentList } from "./agent-list.ts";
import type { ApiParts } from "./api-parts.ts";
import { sendLogEvents } from "./log-events.ts";
import { readLogQuery } from "./log-query.ts";
import { plainLogs } from "./plain-logs.ts";

type OfAgent = { Params: { agentId: string } };

/** The routes about agents that are there (spec §1.4 to §1.7), and one for build logs. */
export function agentRoutes(app: FastifyInstance, { agents, closing, maskOf }: ApiParts): void {
  app.get("/health", async () => ({ status: "ok", agents_running: agents.runningCount() }));
  app.get("/agents", async () => agentList(agents.list()));
  app.post<OfAgent>("/stop/:agentId", async ({ params: { agentId } }) => {
    await agents.stop(agentId);
    return { agent_id: agentId, status: "stopped" };
  });
  app.get<OfAgent & { Querystring: Record<string, string | string[]> }>("/logs/:agentId", async (request, reply) => {
    const { tail, follow } = readLogQuery(request.query);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing]);
    const { agentId } = request.params;
    const lines = masked(await agents.logs(agentId, { tail, follow, signal }), maskOf(agentId));
    if (!follow) return reply.type("application/json").send(Readable.from(plainLogs(lines), { objectMode: false }));
    reply.hijack();
    return sendLogEvents(lines, reply.raw, signal);
  });
  app.get<OfAgent>("/logs/:agentId/build", async ({ params: { agentId } }) => ({
    logs: await agents.buildLog(agentId),
  }));
}

async function* masked(lines: AsyncIterable<Buffer>, mask: (text: string) => string): AsyncGenerator<string> {
  for await (const line of lines) yield mask(line.toString("utf8"));
}
