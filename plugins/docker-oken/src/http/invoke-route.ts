import type { FastifyInstance } from "fastify";
import { type AnswerCallParts, answerCall } from "./answer-call.ts";

/** `POST /invoke/{agent_id}`, for calls that `invokeListener` leaves to the framework. */
export function invokeRoute(app: FastifyInstance, parts: AnswerCallParts): void {
  app.post<{ Params: { agentId: string } }>("/invoke/:agentId", async (request, reply) => {
    reply.hijack();
    await answerCall(parts, request.params.agentId, request.body as Buffer | undefined, request.raw, reply.raw);
  });
}
