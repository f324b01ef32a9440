import type { Profile, Run } from "leasehold";

/** Variables of the runner's environment that single agents and profiles get to see, by exact names. */
export interface Grants {
  readonly agents: Readonly<Record<string, readonly string[]>>;
  readonly profiles: Readonly<Record<string, readonly string[]>>;
}

/** Names of the variables that a run is granted. */
export function grantedTo({ agent, profile }: Pick<Run, "agent" | "profile">, { agents, profiles }: Grants): string[] {
  return [...listOf(profiles, profile?.name), ...listOf(agents, agent.name)];
}

/** A sentence for each agent or profile with grants that no plugin offers: misspelt, most likely. */
export function unknownGrantees({ agents, profiles }: Grants, offered: readonly Profile[]): string[] {
  const known = offered.flatMap((profile) => profile.agents.map(({ name }) => name));
  const names = offered.map(({ name }) => name);
  return [
    ...Object.keys(agents)
      .filter((name) => !known.includes(name))
      .map((name) => `environment.grants names agent "${name}", which no profile here offers`),
    ...Object.keys(profiles)
      .filter((name) => !names.includes(name))
      .map((name) => `environment.grants names profile "${name}", which is not there`),
  ];
}

function listOf(grants: Readonly<Record<string, readonly string[]>>, name: string | undefined): readonly string[] {
  return name !== undefined && Object.hasOwn(grants, name) ? (grants[name] ?? []) : [];
}
