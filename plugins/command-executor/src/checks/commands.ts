import {
  type Agent,
  type Check,
  type CheckResult,
  Decline,
  type Entrypoint,
  LaunchError,
  type Profile,
  type Runner,
} from "leasehold";
import { LaunchCheck } from "../launcher/launch-check.ts";
import type {} from "../resolve/command-kind.ts";
import { resolveCommand } from "../resolve/resolve-command.ts";

/** Whether the commands of the active profile's agents, but for those that another plugin takes, are there and could be started. */
export const commands: Check = {
  name: "commands",
  async run({ runner }) {
    const profile = runner?.activeProfile;
    if (!runner || !profile) return [];
    const agents = profile.agents.filter(({ command, script }) => command !== undefined && script === undefined);
    const checked = await Promise.all(agents.map((agent) => checkCommand(agent, profile, runner)));
    const results = checked.flatMap((result) => result ?? []);
    const failures = results.filter(({ ok }) => !ok);
    if (failures.length > 0 || results.length === 0) return failures;
    const own = agents.filter((_, index) => checked[index]);
    return { ok: true, detail: own.map(({ name }) => name).join(", ") };
  },
};

/** Nothing for an agent that another plugin takes. */
async function checkCommand(agent: Agent, profile: Profile, runner: Runner): Promise<CheckResult | undefined> {
  const resolved = await resolve(agent, profile, runner);
  if (!resolved) return undefined;
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

/** The command that a run of the agent would come to, whoever resolves it, or why nobody does. */
async function resolve(
  agent: Agent,
  profile: Profile,
  runner: Runner,
): Promise<Entrypoint<"command"> | Decline | undefined> {
  try {
    const taken = await runner.entrypointOf(agent, profile);
    if (!taken) return resolveCommand({ agent, profile, session: { mode: "start" } });
    return taken.kind === "command" ? (taken as Entrypoint<"command">) : undefined;
  } catch {
    // Whoever throws was asked before this plugin, and perhaps for want of parameters.
    return undefined;
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
