import type { FastifyInstance } from "fastify";
import { z } from "leasehold";
import { ghostPoll, poll } from "../poll.ts";
import { validQuery } from "../validation.ts";
import type { RouteContext } from "./context.ts";

const CLIENT_GONE = 499;
const CLOSED = "the connection was closed";

/** `GET /runner/runs`, the long poll (protocol §2.3). */
export function pollRoutes(app: FastifyInstance, { coordinator, closing, note }: RouteContext): void {
  const { registry, hazards } = coordinator;

  app.get("/runner/runs", async (request, reply) => {
    const { runner_id } = validQuery(request.query, z.object({ runner_id: z.string() }));
    if (registry.find(runner_id)?.deregistering) {
      registry.remove(runner_id);
      note(request, { delivered: { deregistered: true } });
      return { deregistered: true };
    }
    const runner = registry.require(runner_id);
    const client = new AbortController();
    // A reason of our own: an abort without one makes an error, with all that led to it, for each poll.
    reply.raw.once("close", () => client.abort(CLOSED));
    const outcome = hazards.ghostPolls
      ? await ghostPoll(coordinator, runner, closing)
      : await poll(coordinator, runner, AbortSignal.any([client.signal, closing]));
    if (closing.aborted) {
      // Cut off, as by the end of a process: there is no answer that a runner would understand better.
      reply.hijack();
      reply.raw.destroy();
      return reply;
    }
    if (typeof outcome === "string") return reply.code(outcome === "client gone" ? CLIENT_GONE : 204).send();
    note(request, { delivered: outcome.delivered });
    return outcome.body;
  });
}
