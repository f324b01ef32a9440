import type { CoreOptions } from "../../config/core-options.ts";
import { readProfilesDir } from "../../profiles/profile-files.ts";
import type { Runner } from "../../runner-api.ts";
import { type Finding, failuresOf } from "./finding.ts";

/** Whether there is an active profile with agents, and whether every profile file can be read. */
export async function checkProfiles({ activeProfile }: Runner, { profilesDir }: CoreOptions): Promise<Finding[]> {
  const { broken } = profilesDir ? await readProfilesDir(profilesDir) : { broken: [] };
  return [checkActive(activeProfile), ...broken.flatMap(({ fault }) => failuresOf("profile files", fault))];
}

function checkActive(profile: Runner["activeProfile"]): Finding {
  const check = "profile";
  if (profile) {
    const agents = profile.agents.map(({ name }) => name).join(", ") || "none of its own";
    return { check, ok: true, detail: `${profile.name}; agents: ${agents}` };
  }
  const fix = "Add a profile to the plugins in runner.config.ts, e.g. echo() of @leasehold/profile-echo.";
  return { check, ok: false, problem: "there is no profile", fix };
}
