import { hostname } from "node:os";
import { type Check, type CheckContext, type CheckResult, Credentials, type Profile, z } from "leasehold";
import { options } from "../options.ts";
import { type RegistrationPayload, registrationPayload } from "../registration-payload.ts";
import { type Probed, probe } from "./probe.ts";
import { type ListedRunner, readRunners } from "./runners.ts";

const agentsAnswer = z.array(z.object({ name: z.string(), runner_id: z.string().optional() }));

/** Whether this runner could register, and would then be given work: identity, agents, type and tags. */
export const identity: Check = {
  name: "identity",
  async run(context) {
    const profile = context.runner?.activeProfile;
    if (!profile) return [];
    return [...(await checkIdentity(context, profile)), ...checkMatching(context, profile)];
  },
};

async function checkIdentity(context: CheckContext, profile: Profile): Promise<CheckResult[]> {
  const probed = probedBy(context);
  const answers = await Promise.all([probe(probed, "/runners"), probe(probed, "/agents")]).catch(() => undefined);
  const runners = answers && readRunners(answers[0].body);
  // That there is no coordinator is reported by itself.
  if (!answers || !runners) return [];
  const same = findOwn(runners, context, profile);
  const agents = agentsIn(answers[1].body);
  const taken = profile.agents.flatMap(({ name }) => {
    const owner = agents.find((agent) => agent.name === name)?.runner_id;
    const holder = owner === undefined || owner === same?.runner_id ? undefined : owner;
    return holder === undefined ? [] : [collision(name, holder, runners)];
  });
  return taken.length > 0 ? taken : [judge(same)];
}

/** The runner among them that has the identity which this configuration would register. */
export function findOwn(
  runners: readonly ListedRunner[],
  context: CheckContext,
  profile: Profile,
): ListedRunner | undefined {
  const own = options.parse(context.pluginOptions);
  const payload = registrationPayload(own, own.hostname ?? hostname(), context.projectDir, profile);
  return runners.find((runner) => isSame(runner, payload));
}

/** The coordinator that a check asks, with the credentials of the runner. */
export function probedBy({ pluginOptions, runner, signal }: CheckContext): Probed {
  return { url: options.parse(pluginOptions).url, credentials: runner?.services.find(Credentials), signal };
}

function judge(same: ListedRunner | undefined): CheckResult {
  if (!same) return { ok: true, detail: "free" };
  if (same.status !== "online")
    return { ok: true, detail: `${same.runner_id} is ${same.status}; a new start takes it over` };
  return { ok: true, detail: `registered and online as ${same.runner_id}; a second runner with it would be refused` };
}

function collision(agent: string, holder: string, runners: readonly ListedRunner[]): CheckResult {
  const runner = runners.find(({ runner_id }) => runner_id === holder);
  const where = runner ? ` (${runner.hostname}, ${runner.project_dir}, ${runner.executor_profile})` : "";
  return {
    ok: false,
    problem: `agent "${agent}" is offered by runner ${holder}${where}, so this runner would be refused`,
    fix: "End that runner, start with its project directory and profile, or choose another profile.",
  };
}

/** A runner's own agents are runs for procedural runners, and demand no tags (protocol §1.7). */
function checkMatching(context: CheckContext, { name, executor, agents }: Profile): CheckResult[] {
  const { tags, requireMatchingTags } = options.parse(context.pluginOptions);
  const results: CheckResult[] = [];
  if (agents.length > 0 && executor.type !== "procedural")
    results.push({
      ok: false,
      problem: `profile "${name}" has type "${executor.type}", but its agents are given to runners of type "procedural" only`,
      fix: `Set type: "procedural" in the profile's executor.`,
    });
  if (requireMatchingTags && tags.length === 0)
    results.push({
      ok: false,
      problem: "requireMatchingTags is on, but the runner has no tags: it takes no run at all",
      fix: "Name tags with --tags or RUNNER_TAGS, or turn REQUIRE_MATCHING_TAGS off.",
    });
  else if (requireMatchingTags && agents.length > 0)
    results.push({
      ok: false,
      problem: `requireMatchingTags is on, so runs of the profile's own agents (${agents.map((agent) => agent.name).join(", ")}), which demand no tags, are taken only when a request adds one`,
      fix: "Turn REQUIRE_MATCHING_TAGS off, or add tags to the requests' additional_demands.",
    });
  return results;
}

/** Host name, project directory, profile and command make a runner itself (protocol §1.1). */
function isSame(runner: ListedRunner, payload: RegistrationPayload): boolean {
  const executor = payload["executor"] as Profile["executor"];
  return (
    runner.hostname === payload.hostname &&
    runner.project_dir === payload.project_dir &&
    runner.executor_profile === payload.executor_profile &&
    (runner.executor?.["command"] ?? null) === (executor.command ?? null)
  );
}

function agentsIn(body: string): z.output<typeof agentsAnswer> {
  try {
    return agentsAnswer.parse(JSON.parse(body));
  } catch {
    return [];
  }
}
