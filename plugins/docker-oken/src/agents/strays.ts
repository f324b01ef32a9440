import type Docker from "dockerode";
import type { Logger } from "leasehold";
import { AGENT_LABEL, INSTANCE_LABEL } from "../containers/labels.ts";
import { reasonOf } from "../engine/engine-error.ts";

export interface StraysParts {
  readonly docker: Docker;
  readonly log: Logger;
  readonly instance: string;
  /** Whether an agent has a container, or is being deployed or woken and may have it soon. */
  isAccountedFor(containerId: string, agentId: string | undefined): boolean;
}

/** Removes containers of this runner that belong to no agent: of a deployment that its process did not survive. */
export async function removeStrays({ docker, log, instance, isAccountedFor }: StraysParts): Promise<void> {
  const label = [`${INSTANCE_LABEL}=${instance}`, AGENT_LABEL];
  const found = await docker.listContainers({ all: true, filters: { label } });
  for (const { Id, Names, Labels } of found) {
    if (isAccountedFor(Id, Labels[AGENT_LABEL])) continue;
    log.warn({ container: Names }, `removes container ${Names}, which no agent of this runner has`);
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true })
      .catch((thrown) => {
        log.error({ err: thrown }, `container ${Names} could not be removed: ${reasonOf(thrown)}`);
      });
  }
}
