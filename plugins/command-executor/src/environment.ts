import { looksSecret, type Run, type RunnerSecrets, type Secrets } from "leasehold";
import { type Grants, grantedTo } from "./grants.ts";

/** What the plugin's option `environment` adds. */
export interface EnvironmentOptions {
  /** Names of variables handed on from the runner's environment. */
  readonly pass: readonly string[];
  /** Variables with fixed values. */
  readonly set: Readonly<Record<string, string>>;
  readonly grants: Grants;
}

/** Builds the complete environments of children. */
export interface ChildEnvironment {
  /**
   * Everything a run's process gets to see; nothing else of the runner's environment reaches it. What is secret in it is
   * registered with the run.
   */
  forRun(run: Pick<Run, "agent" | "env" | "profile" | "secrets" | "session">): Record<string, string>;
}

const HANDED_ON = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/** Later ones win: allow-list, `pass`, `set`, grants, the profile's, the run's, and what says where and for whom it runs. */
export function childEnvironment(
  options: EnvironmentOptions,
  projectDir: string,
  own: NodeJS.ProcessEnv = process.env,
): ChildEnvironment {
  const handedOn = pick(
    own,
    (name) => HANDED_ON.includes(name) || name.startsWith("LC_") || options.pass.includes(name),
  );
  return {
    forRun: (run) => {
      const names = grantedTo(run, options.grants);
      const granted = names.length === 0 ? {} : pick(own, (name) => names.includes(name));
      const environment = { ...handedOn, ...options.set, ...granted, ...run.profile?.env, ...run.env };
      register(environment, granted, run.secrets);
      return { ...environment, AGENT_SESSION_ID: run.session.id, PROJECT_DIR: projectDir };
    },
  };
}

/**
 * What is granted is known before anything runs: reports that a predecessor left may be quoted before that. A profile's
 * runs are of any agent; until they run, their values are masked where no run is known.
 */
export function registerGrants(
  { agents, profiles }: Grants,
  secrets: Pick<RunnerSecrets, "ofAgent">,
  own: NodeJS.ProcessEnv = process.env,
): void {
  const ofProfiles = Object.entries(profiles).map(([name, names]) => [`all agents of profile ${name}`, names] as const);
  for (const [agent, names] of [...Object.entries(agents), ...ofProfiles]) {
    const granted = pick(own, (name) => names.includes(name));
    register(granted, granted, secrets.ofAgent(agent));
  }
}

/** Whatever was granted counts as secret, and so does what is called so. */
function register(
  environment: Readonly<Record<string, string>>,
  granted: Readonly<Record<string, string>>,
  secrets: Secrets,
): void {
  for (const [name, value] of Object.entries(environment))
    if (looksSecret(name)) secrets.register(value, `variable ${name} of a run`);
    else if (Object.hasOwn(granted, name)) secrets.register(value, name);
}

function pick(from: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(from).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => wanted(name)));
}
