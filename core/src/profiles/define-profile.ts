import path from "node:path";
import { fileURLToPath } from "node:url";
import { definePlugin } from "../plugin/define-plugin.ts";
import { API_VERSION, type Plugin } from "../plugin/plugin.ts";
import type { Agent } from "../run/agent.ts";
import { type AgentFolder, readAgentsDir } from "./agent-file.ts";
import { checkProfile } from "./check-profile.ts";
import type { Executor, Profile } from "./profile.ts";

/** A profile with its agents in place, or in a folder of agent files. */
export type ProfileDefinition = Omit<Profile, "directory" | "executor" | "agents" | "readFrom"> & {
  /** Absolute path or file URL that relative commands are resolved against. */
  readonly directory: string | URL;
  /** What a coordinator matches runs by; `{ type: "procedural" }`, which is what agents that are programs need, unless given. */
  readonly executor?: Executor;
} & (
    | { readonly agents: readonly Agent[]; readonly agentsDir?: never }
    | {
        /** Absolute path or file URL of a folder; every `*.json` directly inside is an agent (protocol §1.4). */
        readonly agentsDir: string | URL;
        readonly agents?: never;
      }
  );

const PROGRAMS: Executor = Object.freeze({ type: "procedural" });

/** Makes the plugin that offers a profile. Its agents are read and checked at setup; faults are PROFILE_INVALID. */
export function defineProfile(definition: ProfileDefinition): Plugin {
  const { agents, agentsDir, directory, executor = PROGRAMS, ...rest } = definition;
  const offer = definePlugin({
    name: pluginNameOf(definition.name),
    apiVersion: API_VERSION,
    manifest: { fileRoots: agents ? [] : [toPath(agentsDir)] },
    async setup({ profiles }) {
      const folder: AgentFolder = agents ? { agents, problems: [] } : await readAgentsDir(toPath(agentsDir));
      const readFrom = agents ? {} : { readFrom: [toPath(agentsDir)] };
      const profile = { ...rest, directory: toPath(directory), executor, agents: folder.agents, ...readFrom };
      profiles.add(checkProfile(profile, folder.problems));
    },
  });
  return offer();
}

/** `Best_v2` is offered by the plugin `profile-best-v2`. */
function pluginNameOf(profile: string): string {
  const words =
    String(profile)
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  return ["profile", ...words].join("-");
}

function toPath(directory: string | URL): string {
  return directory instanceof URL ? path.resolve(fileURLToPath(directory)) : directory;
}
