import type { ReadinessWish } from "../containers/readiness.ts";
import type { AgentParts } from "./agent-parts.ts";
import type { VersionPlan } from "./version.ts";

/** How to tell that a version of an agent is ready; the wrapper announces itself, the program of an http agent does not. */
export function readinessOf(
  plan: VersionPlan,
  { options, mask, connect }: Pick<AgentParts, "options" | "mask" | "connect">,
  signal: AbortSignal,
): ReadinessWish {
  return {
    announces: plan.entrypointType !== "http",
    timeoutSeconds: options.healthCheckTimeoutSeconds,
    signal,
    mask: (text) => mask(plan.agentId, text),
    connect: (endpoint) => connect(endpoint, plan),
  };
}
