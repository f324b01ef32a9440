import { describeFault } from "../errors/leasehold-error.ts";
import { type ProfileFiles, readProfilesDir } from "../profiles/profile-files.ts";
import type { Runner } from "../runner-api.ts";
import { type Call, withRunner } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** `leasehold profiles`: names, the active one marked, their agents, and profile files that are broken. */
export async function showProfiles(call: Call, json: boolean): Promise<number> {
  await withRunner(call, async (runner, { options }) => {
    const { broken } = options.profilesDir ? await readProfilesDir(options.profilesDir) : { broken: [] };
    call.terminal.stdout.write(json ? asJson(runner, broken) : asText(runner, broken));
  });
  return EXIT_CODES.ENDED.code;
}

function asText({ profiles, activeProfile }: Runner, broken: ProfileFiles["broken"]): string {
  const good = profiles.flatMap((profile) => [
    `${profile.name === activeProfile?.name ? "*" : " "} ${profile.name}  ${profile.description ?? ""}`.trimEnd(),
    ...profile.agents.map((agent) => `      ${agent.name}  ${agent.description ?? ""}`.trimEnd()),
  ]);
  const bad = broken.map(({ name, fault }) => `! ${name}  broken\n    ${describeFault(fault).trimStart()}`);
  return `${[...good, ...bad].join("\n") || "There are no profiles."}\n`;
}

function asJson({ profiles, activeProfile }: Runner, broken: ProfileFiles["broken"]): string {
  const listed = {
    profiles: profiles.map(({ name, description, directory, agents }) => ({
      name,
      active: name === activeProfile?.name,
      description: description ?? null,
      directory,
      agents: agents.map((agent) => ({ name: agent.name, description: agent.description ?? null })),
    })),
    broken: broken.map(({ name, fault }) => ({ name, problem: fault.message })),
  };
  return `${JSON.stringify(listed, null, 2)}\n`;
}
