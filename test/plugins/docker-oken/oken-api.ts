import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerOken, type OkenApi, type OkenOptions } from "@leasehold/docker-oken";
import { createRunner, type Plugin, type Runner, token } from "leasehold";
import { pino } from "pino";
import { afterAll, onTestFinished } from "vitest";
import { listImages } from "../../../plugins/docker-oken/src/image/list-images.ts";
import { archiveOf } from "../script-executor/archives.ts";
import { engine } from "./engine.ts";
import { ask } from "./local-api.ts";

/** Where a runner of these tests keeps its agents; outlives the runner. */
export interface OkenPlace {
  readonly dataDir: string;
  readonly projectDir: string;
  readonly network: string;
  readonly instance: string;
}

/** A whole runner with docker-oken on the real engine. */
export interface OkenRunner {
  readonly url: string;
  readonly runner: Runner;
  readonly log: Record<string, unknown>[];
  close(): Promise<void>;
}

const ApiToken = token<OkenApi>("docker-oken/api");

/** A place of a test's own; its containers, network, images and files are removed when the test ends. */
export async function okenPlace(tidiedBy: (tidy: () => Promise<void>) => void = onTestFinished): Promise<OkenPlace> {
  const instance = `test-${randomUUID()}`;
  const network = `oken-${instance}`;
  const directory = await mkdtemp(join(tmpdir(), "leasehold-oken-"));
  tidiedBy(() => tidy(instance, network, directory));
  return { dataDir: join(directory, "data"), projectDir: directory, network, instance };
}

/** For what all tests of a `describe` share: it is tidied after the last of them, the latest first. */
export function tidiedAfterAll(): (tidy: () => Promise<void>) => void {
  const tidies: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const tidy of tidies) await tidy();
  });
  return (tidy) => void tidies.unshift(tidy);
}

/** Removes an instance's containers and images, its network and its files. */
export async function tidy(instance: string, network: string, directory: string): Promise<void> {
  const { docker } = engine();
  for (const { Id } of await docker.listContainers({ all: true })) {
    const { Config } = await docker
      .getContainer(Id)
      .inspect()
      .catch(() => ({ Config: { Labels: {} } }));
    if (Object.values(Config.Labels ?? {}).includes(instance))
      await docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined);
  }
  for (const { RepoTags, Labels } of await listImages(docker, []))
    if (Object.values(Labels ?? {}).includes(instance))
      for (const tag of RepoTags ?? [])
        await docker
          .getImage(tag)
          .remove({ force: true })
          .catch(() => undefined);
  await docker
    .getNetwork(network)
    .remove()
    .catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
}

/** Boots a runner there; the place's tidying comes after its end. */
export async function okenRunner(
  place: OkenPlace,
  given: Partial<OkenOptions> = {},
  plugins: readonly Plugin[] = [],
  endedBy: (end: () => Promise<void>) => void = onTestFinished,
): Promise<OkenRunner> {
  const { host: dockerHost, baseImage } = engine();
  const { projectDir, ...own } = place;
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const oken = dockerOken({ port: 0, dockerHost, baseImage, ...own, ...given });
  const runner = await createRunner({ projectDir, journal: "memory", plugins: [oken, ...plugins] }, { log: logger });
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
  leasing.catch(() => undefined);
  let closing: Promise<void> | undefined;
  const close = () => {
    drain.abort(new Error("the test ends"));
    closing ??= leasing.catch(() => undefined).then(() => runner.close());
    return closing;
  };
  endedBy(close);
  const url = await runner.services.get(ApiToken).address;
  return { url, runner, log, close };
}

export type Files = Readonly<Record<string, string>>;

/** Deploys as the platform does. */
export async function deploy(url: string, agentId: string, files: Files, secrets?: Record<string, string>) {
  const archive = await archiveOf(Object.entries(files).map(([name, content]) => ({ name, content })));
  const form = new FormData();
  form.append("agent_id", agentId);
  form.append("tarball", new Blob([Uint8Array.from(archive)]), "agent.tar.gz");
  if (secrets) form.append("secrets", JSON.stringify(secrets));
  return ask(`${url}/deploy`, { method: "POST", body: form });
}

/** An agent's files: flat `oken.toml`, and `main.py`. */
export const python = (main: string, toml = 'name = "some"\n'): Files => ({ "oken.toml": toml, "main.py": main });
