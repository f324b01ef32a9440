import type { Run } from "leasehold";

/** What the plugin's option `environment` adds. */
export interface EnvironmentOptions {
  /** Names of variables handed on from the runner's environment. */
  readonly pass: readonly string[];
  /** Variables with fixed values. */
  readonly set: Readonly<Record<string, string>>;
}

/** Builds the complete environments of children. */
export interface ChildEnvironment {
  /** Everything a run's process gets to see; nothing else of the runner's environment reaches it. */
  forRun(run: Pick<Run, "env" | "profile" | "session">): Record<string, string>;
}

const HANDED_ON = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/** Later ones win: allow-list, `pass`, `set`, the profile's, the run's, and what says where and for whom it runs. */
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
    forRun: ({ env, profile, session }) => ({
      ...handedOn,
      ...options.set,
      ...profile?.env,
      ...env,
      AGENT_SESSION_ID: session.id,
      PROJECT_DIR: projectDir,
    }),
  };
}

function pick(from: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(from).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => wanted(name)));
}
