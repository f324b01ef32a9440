import { type Agent, type Check, type CheckResult, Decline, LaunchError, type Profile } from "leasehold";
import { LaunchCheck } from "../launcher/launch-check.ts";
import { resolveCommand } from "../resolve/resolve-command.ts";

/** Whether the commands of the active profile's agents are there and could be started. */
export const commands: Check = {
  name: "commands",
  async run({ runner }) {
    const profile = runner?.activeProfile;
    const agents = (profile?.agents ?? []).filter(
      ({ command, script }) => command !== undefined && script === undefined,
    );
    if (!profile || agents.length === 0) return [];
    const results = await Promise.all(agents.map((agent) => checkCommand(agent, profile)));
    const failures = results.filter(({ ok }) => !ok);
    return failures.length > 0 ? failures : { ok: true, detail: agents.map(({ name }) => name).join(", ") };
  },
};

async function checkCommand(agent: Agent, profile: Profile): Promise<CheckResult> {
  const resolved = resolveCommand({ agent, profile, session: { mode: "start" } });
  if (resolved instanceof Decline) return failure(agent, resolved.reason, "Mend the agent's command.");
  try {
    await new LaunchCheck().assert({
      file: resolved.file,
      args: resolved.args,
      cwd: "/",
      env: {},
      outputBytes: 1,
      graceSeconds: 0,
    });
    return { ok: true };
  } catch (thrown) {
    if (!(thrown instanceof LaunchError)) throw thrown;
    return failure(agent, thrown.message, adviceFor(thrown.code, resolved.file, profile));
  }
}

function failure({ name }: Agent, problem: string, fix: string): CheckResult {
  return { ok: false, problem: `agent "${name}" cannot be started: ${problem}`, fix };
}

function adviceFor(code: string, file: string, { directory }: Profile): string {
  if (code === "EACCES") return `Make it executable: chmod +x ${file}`;
  if (code === "ENOEXEC") return "It is neither a program nor begins with #! and an interpreter; add that line.";
  if (code === "ENOENT")
    return `Put it there with its interpreter, or mend the command; relative ones start at the profile's directory ${directory}.`;
  return "Mend the command, or what it names.";
}
