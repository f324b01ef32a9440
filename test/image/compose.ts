import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type Docker from "dockerode";
import { z } from "leasehold";
import { parse } from "yaml";

const seconds = z.string().regex(/^\d+[sm]$/);
const text = z.string();

/** What these examples use of the compose specification; a misspelt key is a fault. */
const service = z.strictObject({
  image: text,
  command: z.array(text).optional(),
  hostname: text.optional(),
  environment: z.record(text, text).default({}),
  volumes: z.array(text).default([]),
  ports: z.array(text).default([]),
  tmpfs: z.array(text).default([]),
  extra_hosts: z.array(text).default([]),
  read_only: z.boolean().optional(),
  cap_drop: z.array(text).optional(),
  security_opt: z.array(text).optional(),
  stop_grace_period: seconds.optional(),
  restart: z.enum(["no", "always", "on-failure", "unless-stopped"]).optional(),
  depends_on: z.record(text, z.strictObject({ condition: z.enum(["service_healthy", "service_started"]) })).optional(),
  healthcheck: z
    .strictObject({ test: z.array(text), interval: seconds, timeout: seconds, retries: z.int() })
    .optional(),
});
const file = z.strictObject({ services: z.record(text, service), volumes: z.record(text, z.null()).default({}) });

export type ComposeFile = z.output<typeof file>;
export type Service = z.output<typeof service>;

/** Reads a compose file as `docker compose config` does, with these variables. Throws with what is wrong. */
export async function readCompose(path: string, env: Readonly<Record<string, string>>): Promise<ComposeFile> {
  return file.parse(withVariables(parse(await readFile(path, "utf8")), env));
}

/** The container of a service, as the engine is asked for it, without published ports; its volumes are the network's own. */
export function containerOf(
  name: string,
  one: Service,
  network: string,
  folder: string,
): Docker.ContainerCreateOptions {
  return {
    Image: one.image,
    ...(one.command ? { Cmd: one.command } : {}),
    ...(one.hostname ? { Hostname: one.hostname } : {}),
    Env: Object.entries(one.environment).map(([key, value]) => `${key}=${value}`),
    ...(one.healthcheck ? { Healthcheck: healthOf(one.healthcheck) } : {}),
    HostConfig: {
      NetworkMode: network,
      Binds: one.volumes.map((volume) =>
        volume
          .replace(/^\.[^:]*/, (path) => resolve(folder, path))
          .replace(/^\w[^:]*/, (name) => volumeOf(network, name)),
      ),
      Tmpfs: Object.fromEntries(one.tmpfs.map((mount) => [mount.split(":")[0]!, mount.split(":")[1] ?? ""])),
      ...(one.read_only ? { ReadonlyRootfs: true } : {}),
      ...(one.cap_drop ? { CapDrop: one.cap_drop } : {}),
      ...(one.security_opt ? { SecurityOpt: one.security_opt } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [name] } } },
  };
}

/** A named volume under the name that it has on the engine. */
export function volumeOf(network: string, name: string): string {
  return `${network}_${name}`;
}

/** Duration text of compose in seconds. */
export function secondsOf(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith("m") ? 60 : 1);
}

function healthOf({ test, interval, timeout, retries }: NonNullable<Service["healthcheck"]>) {
  const nanoseconds = (duration: string): number => secondsOf(duration) * 1_000_000_000;
  return { Test: test, Interval: nanoseconds(interval), Timeout: nanoseconds(timeout), Retries: retries };
}

/** `${NAME:-default}` and `${NAME:?why}`, in values only. */
function withVariables(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string")
    return value.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, ...parts) => substitute(parts, env));
  if (Array.isArray(value)) return value.map((item: unknown) => withVariables(item, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withVariables(item, env)]));
}

function substitute(
  [name = "", operator, rest = ""]: readonly string[],
  env: Readonly<Record<string, string>>,
): string {
  const found = env[name];
  if (found) return found;
  if (operator === "?") throw new Error(`required variable ${name} is missing a value: ${rest}`);
  return rest;
}
