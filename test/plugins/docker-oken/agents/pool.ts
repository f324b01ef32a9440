import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { type Owner, SecretStore } from "leasehold";
import pino from "pino";
import { pack } from "tar-stream";
import { onTestFinished } from "vitest";
import { MemoryJournal } from "../../../../core/src/journal/memory-journal.ts";
import { ResourceLedger } from "../../../../core/src/run/resource-ledger.ts";
import { TelemetryHub } from "../../../../core/src/telemetry-hub.ts";
import type { AgentEvent } from "../../../../plugins/docker-oken/src/agents/agent-events.ts";
import type { AgentWishes } from "../../../../plugins/docker-oken/src/agents/agent-settings.ts";
import { Agents } from "../../../../plugins/docker-oken/src/agents/agents.ts";
import type { Images } from "../../../../plugins/docker-oken/src/agents/images.ts";
import { OkenError } from "../../../../plugins/docker-oken/src/oken-error.ts";
import { type OkenOptions, options as schema } from "../../../../plugins/docker-oken/src/options.ts";
import { type Engine, engine } from "../engine.ts";

/** What a test says in the folder of an agent. */
interface Wishes extends Partial<AgentWishes> {
  readonly type?: "handler" | "http";
  /** The image cannot be built. */
  readonly broken?: boolean;
  /** The build takes so long, in milliseconds, unless it is aborted. */
  readonly buildMs?: number;
}

interface DeployWishes extends Wishes {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Agents of a test, on the real engine, with a network, an instance and a data directory of their own. */
export interface Pool {
  readonly agents: Agents;
  readonly options: OkenOptions;
  readonly events: AgentEvent[];
  readonly log: { readonly level: number; readonly msg: string }[];
  /** What the runner's redactor makes of a text that tells of an agent. */
  mask(agentId: string, text: string): string;
  readonly ledger: ResourceLedger;
  deploy(agentId: string, wishes?: DeployWishes): ReturnType<Agents["deploy"]>;
  /** One call through the gate; answers the agent's status and output. */
  call(agentId: string, input?: object): Promise<Answer>;
  /** The n-th event of that kind, from the beginning. */
  event(agentId: string, act: AgentEvent["act"], nth?: number): Promise<AgentEvent>;
  status(agentId: string): string | undefined;
  containers(): Promise<readonly { readonly id: string; readonly name: string; readonly state: string }[]>;
}

export interface Answer {
  readonly status: number;
  readonly output: Record<string, unknown>;
}

export const agentId = (name = "agent") => `${name}-${randomUUID().slice(0, 8)}`;

/** A place for a pool; survives the pool, and is tidied after the test, containers and network included. */
export async function poolPlace(
  more: Partial<Record<keyof OkenOptions, unknown>> = {},
  { docker, host }: Pick<Engine, "docker" | "host"> = engine(),
): Promise<OkenOptions> {
  const dataDir = await mkdtemp(join(tmpdir(), "leasehold-pool-"));
  const instance = `test-${randomUUID()}`;
  const network = `leasehold-test-${instance.slice(5, 13)}`;
  onTestFinished(async () => {
    const filters = { label: [`oken.instance=${instance}`] };
    const left = await docker.listContainers({ all: true, filters });
    await Promise.all(
      left.map(({ Id }) =>
        docker
          .getContainer(Id)
          .remove({ force: true })
          .catch(() => undefined),
      ),
    );
    await docker
      .getNetwork(network)
      .remove()
      .catch(() => undefined);
    await rm(dataDir, { recursive: true, force: true });
  });
  return schema.parse({ dockerHost: host, dataDir, instance, network, memoryBytes: 64 * 1024 * 1024, ...more });
}

/** Opens agents; they are closed after the test, unless the test has done so. */
export async function openPool(
  place: OkenOptions | Promise<OkenOptions> = poolPlace(),
  docker = engine().docker,
): Promise<Pool> {
  const options = await place;
  const events: AgentEvent[] = [];
  const log: { level: number; msg: string }[] = [];
  const secretStore = new SecretStore();
  const listeners = new Set<() => void>();
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const hub = new TelemetryHub(logger);
  const ledger = new ResourceLedger(new MemoryJournal(), hub, logger);
  const plugin = { type: "plugin", plugin: "docker-oken" } as const;
  const own: Owner["own"] = (claim) => ledger.own(plugin, claim);
  const agents = await Agents.open({
    ...{ options, log: logger, images: () => testImages(docker) },
    resources: { own, handle: (kind, handler) => ledger.handle("docker-oken", kind, handler) },
    secrets: secretStore.runner,
    tell: (event) => {
      events.push(event);
      for (const listener of [...listeners]) listener();
    },
  });
  onTestFinished(() => agents.close().catch(() => undefined));
  const event: Pool["event"] = (agent, act, nth = 1) =>
    new Promise((resolve) => {
      const look = () => {
        const found = events.filter((one) => one.agent === agent && one.act === act)[nth - 1];
        if (!found) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  return {
    ...{ agents, options, events, log, ledger, event },
    mask: (id, text) => secretStore.runner.ofAgent(id).text(text),
    deploy: async (id, { secrets: given = {}, signal, ...wishes } = {}) => {
      const request = { secrets: given, ...(signal ? { signal } : {}) };
      return await agents.deploy(id, await agentFolder(options.dataDir, wishes), request);
    },
    call: (id, input = {}) => call(agents, id, input),
    status: (id) => agents.list().find((agent) => agent.agentId === id)?.status,
    containers: async () => {
      const filters = { label: [`oken.instance=${options.instance}`] };
      const found = await docker.listContainers({ all: true, filters });
      return found.map(({ Id, Names, State }) => ({ id: Id, name: (Names[0] ?? "").slice(1), state: State }));
    },
  };
}

/** One call. Rejects as `Agents.enter` does, and when the agent cannot be reached. */
export async function call(agents: Agents, id: string, input: object): Promise<Answer> {
  const place = await agents.enter(id, AbortSignal.timeout(60_000));
  try {
    const body = JSON.stringify({ input });
    const request = { method: "POST", path: "/invoke", headers: { "content-type": "application/json" }, body } as const;
    const answer = await place.dispatcher.request(request);
    const { output } = (await answer.body.json()) as { output?: Record<string, unknown> };
    return { status: answer.statusCode, output: output ?? {} };
  } finally {
    place.leave();
  }
}

/** A folder as it is handed to `Agents.deploy`. */
export async function agentFolder(dataDir: string, wishes: Wishes): Promise<string> {
  const folder = join(dataDir, "incoming", randomUUID());
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "wishes.json"), JSON.stringify({ name: "an agent", ...wishes }));
  return folder;
}

/** All agents of these tests have the same small program, so that images cost nothing here. */
const testImages = (docker: Docker): Images => ({
  read: async (folder) => {
    const { type = "handler", ...config } = JSON.parse(await readFile(join(folder, "wishes.json"), "utf8"));
    return { config, entrypointType: type };
  },
  build: async ({ config, signal }) => {
    const { broken, buildMs } = config as Wishes;
    if (broken)
      throw new OkenError("BUILD_FAILED", "Failed to build image: no such package", { buildLog: "Step 1\nno\n" });
    if (buildMs) await waitFor(buildMs, signal);
    await image();
    return { imageId: (await docker.getImage(IMAGE).inspect()).Id, log: "Step 1\nbuilt\n" };
  },
  used: () => undefined,
  settled: () => undefined,
  remove: async () => undefined,
});

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  const { setTimeout } = await import("node:timers/promises");
  await setTimeout(ms, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
}

export const IMAGE = "leasehold-test-agent";
const images = new Map<string, Promise<string>>();

/** Image of the small program, made once. */
export function image(): Promise<string> {
  const { baseImage } = engine();
  const made = images.get(baseImage) ?? build(baseImage);
  images.set(baseImage, made);
  return made;
}

async function build(baseImage: string): Promise<string> {
  const { docker } = engine();
  const tar = pack();
  tar.entry(
    { name: "Dockerfile" },
    `FROM ${baseImage}\nCOPY agent.py /app/agent.py\nUSER 65534:65534\nCMD ["python3", "-B", "/app/agent.py"]\n`,
  );
  tar.entry({ name: "agent.py" }, await readFile(new URL("./agent.py", import.meta.url)));
  tar.finalize();
  const stream = await docker.buildImage(Readable.from(tar), { t: IMAGE });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, lines: { error?: string }[]) => {
      const problem = error ?? lines.find((line) => line.error)?.error;
      if (problem) reject(problem);
      else resolve();
    });
  });
  return (await docker.getImage(IMAGE).inspect()).Id;
}
