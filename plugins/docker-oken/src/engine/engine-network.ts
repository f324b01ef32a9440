import type Docker from "dockerode";
import type { Logger } from "leasehold";
import { hasStatus } from "./engine-error.ts";

const ICC = "com.docker.network.bridge.enable_icc";

export interface NetworkWish {
  readonly network: string;
  /** No traffic between containers (OKEN-D27). */
  readonly isolated: boolean;
}

/** Makes sure that the agents' bridge network is there; an existing one is used as it is (T39, T40). */
export async function ensureNetwork(docker: Docker, wish: NetworkWish, log: Logger): Promise<void> {
  if (!(await find(docker, wish))) await create(docker, wish, log);
}

/** Says when agents that are to be apart can reach each other, because somebody else made the network. */
export async function warnOfTraffic(docker: Docker, wish: NetworkWish, log: Logger): Promise<void> {
  const found = await find(docker, wish);
  if (wish.isolated && found && found.Options?.[ICC] !== "false")
    log.warn(
      { network: wish.network },
      `network ${wish.network} was made by someone else and lets agents reach each other; remove it, or set OKEN_DOCKER_NETWORK to a new name`,
    );
}

async function find(docker: Docker, { network }: NetworkWish) {
  return await docker
    .getNetwork(network)
    .inspect()
    .catch((thrown) => absent(thrown));
}

async function create(docker: Docker, { network, isolated }: NetworkWish, log: Logger): Promise<void> {
  try {
    const Options = { [ICC]: String(!isolated) };
    await docker.createNetwork({ Name: network, Driver: "bridge", CheckDuplicate: true, Options });
    log.info({ network, isolated }, `made the network ${network}`);
  } catch (thrown) {
    // Another runner of this host was faster.
    if (!hasStatus(thrown, 409)) throw thrown;
  }
}

function absent(thrown: unknown): undefined {
  if (hasStatus(thrown, 404)) return undefined;
  throw thrown;
}
