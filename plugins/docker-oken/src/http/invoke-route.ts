import type { FastifyInstance } from "fastify";
import { answerOf } from "../invoke/answer-of.ts";
import { readInput } from "../invoke/read-input.ts";
import type { ApiParts } from "./api-parts.ts";

/** `POST /invoke/{agent_id}` (spec §1.3): the body is judged before the agent is looked up. */
export function invokeRoute(app: FastifyInstance, { leases }: ApiParts): void {
  app.post<{ Params: { agentId: string } }>("/invoke/:agentId", async (request, reply) => {
    const input = readInput(request.headers["content-type"], request.body as Buffer | undefined);
    const lease = leases.begin(request.params.agentId, input);
    const response = reply.raw;
    // The event comes after every answer too; then there is nothing to cancel any more.
    response.once("close", () => response.writableFinished || lease.cancel());
    const body = answerOf(await lease.outcome);
    reply.type("application/json").send(body);
    return reply;
  });
}
