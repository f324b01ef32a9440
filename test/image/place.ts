import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { onTestFinished } from "vitest";
import { addressOf, engineEvent, start, testNetwork } from "./containers.ts";

const SECOND = 1_000_000_000;
const COORDINATOR_CONFIG = join(import.meta.dirname, "../../examples/compose/coordinator.config.ts");
const AT_COORDINATOR = "AGENT_ORCHESTRATOR_API_URL=http://coordinator:8765";
/** The image's own check, more often than in earnest. */
const OFTEN = {
  Test: ["CMD", "leasehold", "health"],
  Interval: SECOND,
  Timeout: 10 * SECOND,
  StartPeriod: SECOND / 1_000,
  Retries: 1,
};

/** A network with a coordinator and, when it is started, a runner that has nothing to write to but volumes. */
export interface Place {
  readonly network: string;
  /** Of the coordinator, as this machine reaches it. */
  readonly url: string;
}

/** Starts a coordinator, named `coordinator` in its network. */
export async function startCoordinator(image: string): Promise<Place> {
  const network = await testNetwork();
  const container = await start({
    Image: image,
    Cmd: ["coordinator"],
    Healthcheck: { Test: ["NONE"] },
    HostConfig: { NetworkMode: network, Binds: [`${COORDINATOR_CONFIG}:/app/runner.config.ts:ro`] },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ["coordinator"] } } },
  });
  await written(container, "listening");
  return { network, url: `http://${await addressOf(container, network)}:8765` };
}

/** Starts a runner of the place's coordinator with a read-only root and no capabilities. */
export function startRunner(
  image: string,
  network: string,
  more: Docker.ContainerCreateOptions = {},
): Promise<Docker.Container> {
  return start({
    Image: image,
    Env: [AT_COORDINATOR],
    Healthcheck: OFTEN,
    ...more,
    HostConfig: {
      NetworkMode: network,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: { "/tmp": "mode=1777,exec", "/home/agent": "uid=1000,gid=1000,exec" },
      Mounts: [{ Type: "volume", Target: "/workspace", Source: "" }],
      ...more.HostConfig,
    },
  });
}

/** A runner that has registered, as the engine's health check found out. */
export async function healthyRunner(
  image: string,
  network: string,
  Env: readonly string[] = [],
): Promise<Docker.Container> {
  const runner = await startRunner(image, network, { Env: [AT_COORDINATOR, ...Env] });
  await becomes(runner, "healthy");
  return runner;
}

/** Resolves when the container's health is as wanted, told by the engine. */
export async function becomes(container: Docker.Container, health: "healthy" | "unhealthy"): Promise<void> {
  const told = await engineEvent(container, `health_status: ${health}`);
  const { State } = await container.inspect();
  if (State.Health?.Status !== health) await told();
}

/** Resolves when the container has written a text. */
export async function written(container: Docker.Container, text: string): Promise<void> {
  const output = await container.logs({ follow: true, stdout: true, stderr: true });
  let seen = "";
  for await (const chunk of output) {
    seen += String(chunk);
    if (seen.includes(text)) return;
  }
  throw new Error(`the container ended without writing "${text}":\n${seen}`);
}

/** A directory on this machine for the length of a test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-image-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
