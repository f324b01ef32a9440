import type { FastifyRequest } from "fastify";
import type { Coordinator } from "../coordinator.ts";
import type { Verdict } from "../record.ts";

/** Says in every answer what answers. */
export const SERVER_HEADER = "leasehold-embedded-coordinator (for development, demos and tests)";

/** What the record keeps of a request beyond what HTTP shows. */
export type Note = { verdict?: Verdict; delivered?: unknown };

/** What routes are built with: the coordinator, its end, and a place to note things for the record. */
export type RouteContext = {
  readonly coordinator: Coordinator;
  readonly closing: AbortSignal;
  note(request: FastifyRequest, note: Note): void;
};
