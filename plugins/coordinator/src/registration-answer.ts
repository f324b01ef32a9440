import { z } from "leasehold";
import { type Reply, Unanswered } from "./exchange.ts";
import { detailMember, detailOf, refusesCredentials } from "./judgement.ts";
import { isPathSegment } from "./path-segment.ts";

/** What the coordinator answered to a registration; times only where it named sensible ones. */
export interface Registered {
  readonly runnerId: string;
  readonly pollPath: string;
  readonly pollTimeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

/** The coordinator counts in whole seconds; longer than a day is no time that anyone waits for, nor one for a timer. */
const seconds = z.number().min(1).max(86_400).optional().catch(undefined);

const registeredAnswer = z.object({
  runner_id: z.string().refine(isPathSegment),
  poll_endpoint: z.unknown().optional(),
  poll_timeout_seconds: seconds,
  heartbeat_interval_seconds: seconds,
});

/** Nothing when the answer is no coordinator's. */
export function readRegistered(reply: Reply): Registered | undefined {
  try {
    const answer = registeredAnswer.parse(JSON.parse(reply.body));
    return {
      runnerId: answer.runner_id,
      pollPath: pollPathOf(answer.poll_endpoint),
      pollTimeoutSeconds: answer.poll_timeout_seconds,
      heartbeatSeconds: answer.heartbeat_interval_seconds,
    };
  } catch {
    return undefined;
  }
}

const DEFAULT_POLL_PATH = "/runner/runs";

/** A plain path is honoured; anything that could lead elsewhere is not. */
function pollPathOf(endpoint: unknown): string {
  const plain = typeof endpoint === "string" && /^(?:\/[\w~-][\w.~-]*)+$/.test(endpoint);
  return plain ? endpoint : DEFAULT_POLL_PATH;
}

/** The id that a registration was refused for, because somebody is online under it. */
export function duplicateId(reply: Reply): string | undefined {
  const runnerId = detailMember(reply, "runner_id");
  const duplicates = reply.status === 409 && detailMember(reply, "error") === "duplicate_runner";
  return duplicates && typeof runnerId === "string" && isPathSegment(runnerId) ? runnerId : undefined;
}

/** A registration of which no more is known than its id. */
export function registeredAs(runnerId: string): Registered {
  return { runnerId, pollPath: DEFAULT_POLL_PATH, pollTimeoutSeconds: undefined, heartbeatSeconds: undefined };
}

/** The runner that already offers an agent of ours, where that is why we are refused. */
export function collidingRunner(reply: Reply): string | undefined {
  const runnerId = detailMember(reply, "existing_runner_id");
  const collides = reply.status === 409 && detailMember(reply, "error") === "agent_name_collision";
  return collides && typeof runnerId === "string" && isPathSegment(runnerId) ? runnerId : undefined;
}

/** Whether another runner is in the way, which may pass. */
export function isHeld(reply: Reply): boolean {
  return duplicateId(reply) !== undefined || collidingRunner(reply) !== undefined;
}

export function unreadable(url: string, reply: Reply): Unanswered {
  const start = reply.body.slice(0, 80);
  return new Unanswered(`POST ${url}/runner/register answered what no coordinator answers: ${start}`, true);
}

/** What to do about a refusal. */
export function adviceFor(reply: Reply): string {
  const error = detailMember(reply, "error");
  if (error === "duplicate_runner")
    return "Another runner with this host name, project directory, profile and command is online: end it, or change one of the four. If it crashed, the coordinator takes it for gone after 2 to 2.5 minutes.";
  if (error === "agent_name_collision")
    return `Runner ${named(reply, "existing_runner_id")} already offers agent "${named(reply, "agent_name")}": end it, or choose another profile.`;
  if (refusesCredentials(reply))
    return "Configure a plugin that provides credentials for it, or mend the ones that were sent.";
  if (reply.status === 404 || reply.status === 405 || reply.status < 400)
    return "There is no coordinator at this URL: mend AGENT_ORCHESTRATOR_API_URL.";
  return detailOf(reply) === ""
    ? "Look into the coordinator's log."
    : "Mend the profile, agent or option that this names.";
}

function named(reply: Reply, key: string): string {
  const member = detailMember(reply, key);
  return typeof member === "string" ? member : "unknown";
}
