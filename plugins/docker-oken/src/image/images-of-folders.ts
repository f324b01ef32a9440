import type { Logger } from "leasehold";
import type { Images } from "../agents/images.ts";
import { Lane } from "../agents/lane.ts";
import type { AgentConfig } from "../config/agent-config.ts";
import { readAgentConfig } from "../config/read-agent-config.ts";
import { decideEntrypoint } from "../detection/decide-entrypoint.ts";
import type { Engine } from "../engine/engine.ts";
import type { OkenOptions } from "../options.ts";
import { ImageBuilder } from "./image-builder.ts";

/** How the agents of a runner get their images: read the folder, build what is new, keep the disk within the budget. */
export function imagesOfFolders({ docker }: Engine, instance: string, options: OkenOptions, log: Logger): Images {
  const builder = new ImageBuilder(docker, { ...options, instance }, log);
  /** Of deployments under way: no container uses them yet. */
  const deploying: string[] = [];
  /** Two at once would count each other's images. */
  const enforcing = new Lane();
  const images: Images<AgentConfig> = {
    async read(folder) {
      const config = await readAgentConfig(folder);
      return { config, entrypointType: await decideEntrypoint(folder, config) };
    },
    async build(request) {
      return await builder.build({ ...request, chosen: (imageId) => void deploying.push(imageId) });
    },
    settled(imageId) {
      deploying.splice(deploying.indexOf(imageId), 1);
      void enforcing
        .run(() => builder.enforceBudget({ has: (id) => id === imageId || deploying.includes(id) }))
        .catch((err: unknown) => log.warn({ err }, "images beyond the budget stay for now"));
    },
    used: (imageId) => builder.touch(imageId),
    remove: (agentId) => builder.remove(agentId),
  };
  return images;
}
