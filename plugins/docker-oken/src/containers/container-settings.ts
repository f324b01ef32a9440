import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { OkenOptions } from "../options.ts";
import { AGENT_LABEL, CONFIG_LABEL, configHash, INSTANCE_LABEL, VERSION_LABEL } from "./labels.ts";

/** The options that confine agents. */
export type Confinement = Pick<
  OkenOptions,
  | "readOnlyRoot"
  | "dropCapabilities"
  | "noNewPrivileges"
  | "nonRoot"
  | "tmpBytes"
  | "logBytes"
  | "logFiles"
  | "network"
  | "containerPort"
  | "reach"
>;

/** What one container is made from. */
export interface ContainerPlan {
  readonly name: string;
  readonly agentId: string;
  readonly instance: string;
  readonly version: number;
  readonly imageId: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  /** Secrets of the agent and what the runner adds, checked (see `containerEnvironment`). */
  readonly environment: readonly string[];
}

/** Nobody's user, where an image states none. */
const ORDINARY_USER = "65534:65534";
const CPU_PERIODS = 1e9;

/**
 * A container's settings, hardened as the options say (OKEN-D26, OKEN-D27).
 * @param imageUser The user that the image states, as the engine tells it.
 */
export function containerSettings(
  plan: ContainerPlan,
  options: Confinement,
  imageUser: string,
): ContainerCreateOptions {
  const { name, agentId, instance, version, imageId, memoryBytes, cpus, pids } = plan;
  const port = `${options.containerPort}/tcp`;
  const asRoot = /^(?:|0|root)(?::.*)?$/.test(imageUser);
  return {
    name,
    Image: imageId,
    Env: [...plan.environment],
    ...(options.nonRoot && asRoot ? { User: ORDINARY_USER } : {}),
    Labels: {
      [AGENT_LABEL]: agentId,
      [INSTANCE_LABEL]: instance,
      [VERSION_LABEL]: String(version),
      [CONFIG_LABEL]: configHash({ imageId, memoryBytes, cpus, pids }),
    },
    ExposedPorts: { [port]: {} },
    HostConfig: hostConfig(plan, options, port),
  };
}

function hostConfig(plan: ContainerPlan, options: Confinement, port: string): HostConfig {
  return {
    NetworkMode: options.network,
    RestartPolicy: { Name: "no" },
    Memory: plan.memoryBytes,
    MemorySwap: plan.memoryBytes,
    NanoCpus: Math.round(plan.cpus * CPU_PERIODS),
    PidsLimit: plan.pids,
    ReadonlyRootfs: options.readOnlyRoot,
    Tmpfs: { "/tmp": `rw,nosuid,nodev,size=${options.tmpBytes},mode=1777` },
    ...(options.dropCapabilities ? { CapDrop: ["ALL"] } : {}),
    ...(options.noNewPrivileges ? { SecurityOpt: ["no-new-privileges"] } : {}),
    ...(options.reach === "loopback" ? { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } } : {}),
    LogConfig: {
      Type: "json-file",
      Config: { "max-size": String(options.logBytes), "max-file": String(options.logFiles) },
    },
  };
}
