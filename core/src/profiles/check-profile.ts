import path from "node:path";
import { z } from "zod";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Agent } from "../run/agent.ts";
import { describeIssues } from "./agent-file.ts";
import type { Profile } from "./profile.ts";

/** Profile names are file names and part of a runner's identity: no separators, no leading dot. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const profile = z.object({
  name: z
    .string()
    .regex(PROFILE_NAME, "letters, digits, dots, hyphens and underscores, beginning with a letter or digit"),
  directory: z.string().refine(path.isAbsolute, "not an absolute path"),
  executor: z.looseObject({ type: z.string().min(1), command: z.string().nullish() }),
  agents: z.array(z.looseObject({ name: z.string().min(1), timeoutSeconds: z.number().positive().optional() })),
  timeoutSeconds: z.number().positive().optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).optional(),
});

/** The profile, frozen. Throws PROFILE_INVALID with every problem in one sentence. */
export function checkProfile(candidate: Profile, problems: readonly string[] = []): Profile {
  const parsed = profile.safeParse(candidate);
  const found = [...(parsed.success ? duplicates(candidate.agents) : [describeIssues(parsed.error)]), ...problems];
  if (found.length > 0)
    throw new LeaseholdError("PROFILE_INVALID", { profile: String(candidate.name), problem: found.join("; ") });
  return Object.freeze({
    ...candidate,
    agents: Object.freeze(candidate.agents.map((agent) => Object.freeze({ ...agent }))),
  });
}

function duplicates(agents: readonly Agent[]): string[] {
  const names = agents.map((agent) => agent.name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((name) => `two agents are named "${name}"`);
}
