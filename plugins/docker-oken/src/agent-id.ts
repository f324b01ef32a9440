import { createHash } from "node:crypto";
import { configError } from "./oken-error.ts";

/** The longest id (spec §1.2). */
const LONGEST = 128;
const ALLOWED = /^[A-Za-z0-9_-]+$/;
const REPOSITORY = "oken-agent";

/** Refuses what is no agent id (spec §1.2). Throws an `OkenError` of code `CONFIG_ERROR`. */
export function checkAgentId(agentId: string): string {
  if (agentId === "") throw configError("agent_id: cannot be empty");
  if (agentId.length > LONGEST)
    throw configError(`agent_id: too long, ${agentId.length} characters; ${LONGEST} are allowed`);
  // Without the flag "m", "$" matches only at the very end: a trailing newline is refused too.
  if (!ALLOWED.test(agentId)) throw configError("agent_id: only alphanumeric ASCII, '-' and '_' are allowed");
  return agentId;
}

/** Name of the agent's container (spec §3.7). */
export function containerNameOf(agentId: string): string {
  return `oken-${agentId}`;
}

/** Image of the agent's newest build (spec §3.4). */
export function imageTagOf(agentId: string): string {
  return `${REPOSITORY}:${agentId.startsWith("-") ? tagForHyphen(agentId) : agentId}`;
}

/** Image of one content, whichever agents have it; the dot keeps it apart from every id. */
export function contentTagOf(contentHash: string): string {
  return `${REPOSITORY}:content.${contentHash}`;
}

/** A tag may not begin with a hyphen though an id may (OKEN-D9). */
function tagForHyphen(agentId: string): string {
  return `id.${createHash("sha256").update(agentId).digest("hex").slice(0, 40)}`;
}
