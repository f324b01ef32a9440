import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Docker from "dockerode";
import { Subject } from "../subject.ts";

const AGENT = new URL("../agents/oken", import.meta.url).pathname;
const PORT = 8080;
/** An agent that is not where it should be by then never will be. */
const PATIENCE_MS = 20_000;

/** What the stage is set with. */
export interface Setting {
  /** More lines of the agent's `oken.toml`. */
  readonly toml?: string;
  /** Options of docker-oken. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A runner, one agent in it, a second container like the agent's which the runner does not know, and who calls them. */
export class OkenStage {
  readonly caller = new Subject("oken-caller");
  /** As in the image, whose allocator has one arena for all threads. */
  readonly runner = new Subject("oken", { MALLOC_ARENA_MAX: "1" });
  readonly docker = new Docker();
  readonly agentId = `hello-${randomUUID().slice(0, 8)}`;
  readonly #instance = `bench-${randomUUID()}`;
  readonly #network = `oken-${this.#instance}`;
  #folder = "";
  #url = "";
  #bare: Docker.Container | undefined;

  private constructor() {}

  /** The agent is in the folder, and not deployed yet. */
  static async open({ toml, options = {} }: Setting): Promise<OkenStage> {
    const stage = new OkenStage();
    stage.#folder = await mkdtemp(join(tmpdir(), "leasehold-bench-agent-"));
    const network = stage.#network;
    const { DOCKER_HOST: dockerHost, OKEN_BASE_IMAGE: baseImage } = process.env;
    const engine = { ...(dockerHost ? { dockerHost } : {}), ...(baseImage ? { baseImage } : {}) };
    stage.#url = await stage.runner.call("start", { instance: stage.#instance, network, ...engine, ...options });
    await cp(AGENT, stage.#folder, { recursive: true });
    await writeFile(join(stage.#folder, "oken.toml"), `name = "hello"\nconcurrency = 32\n${toml ?? ""}`);
    return stage;
  }

  get url(): string {
    return this.#url;
  }

  /** What is deployed. */
  get folder(): string {
    return this.#folder;
  }

  get path(): string {
    return `/invoke/${this.agentId}`;
  }

  /** Deploys the folder; answers the log of its build. */
  async deploy(): Promise<string> {
    const boundary = randomUUID();
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    const body = ReadableStream.from(this.#form(boundary));
    const response = await fetch(`${this.#url}/deploy`, { method: "POST", headers, body, duplex: "half" });
    const answer = (await response.json()) as { status?: string };
    if (answer.status !== "running") throw new Error(`the agent was not deployed: ${JSON.stringify(answer)}`);
    const build = await fetch(`${this.#url}/logs/${this.agentId}/build`);
    return ((await build.json()) as { logs: string }).logs;
  }

  /** Starts the second container; answers its address. */
  async startBare(): Promise<string> {
    const { Config, HostConfig, Image } = await this.docker.getContainer(`oken-${this.agentId}`).inspect();
    const { Env, User } = Config;
    this.#bare = await this.docker.createContainer({ Image, Env, User, HostConfig });
    await this.#bare.start();
    const url = await this.bareUrl();
    await this.caller.call("firstByte", url, "/invoke");
    return url;
  }

  get bare(): Docker.Container {
    if (!this.#bare) throw new Error("there is no second container");
    return this.#bare;
  }

  /** Where the second container is, while it runs. */
  async bareUrl(): Promise<string> {
    const { NetworkSettings } = await this.bare.inspect();
    return `http://${NetworkSettings.Networks[this.#network]?.IPAddress}:${PORT}`;
  }

  /** Resolves when the engine says so of the agent's container. */
  async until(state: "paused" | "exited"): Promise<void> {
    const container = this.docker.getContainer(`oken-${this.agentId}`);
    const late = AbortSignal.timeout(PATIENCE_MS);
    while ((await container.inspect()).State.Status !== state) await pause(20, undefined, { signal: late });
  }

  async close(): Promise<void> {
    await this.#bare?.remove({ force: true });
    await fetch(`${this.#url}/stop/${this.agentId}`, { method: "POST" });
    await this.runner.close();
    await this.caller.close();
    await this.docker.getNetwork(this.#network).remove();
    await this.#removeImages();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async *#form(boundary: string): AsyncGenerator<Uint8Array> {
    const part = (name: string, more = "") =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
    yield Buffer.from(`${part("agent_id")}${this.agentId}\r\n${part("tarball", '; filename="agent.tar.gz"')}`);
    yield* spawn("tar", ["-cz", "-C", this.#folder, "."], { stdio: ["ignore", "pipe", "inherit"] }).stdout;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }

  async #removeImages(): Promise<void> {
    const label = [`oken.image.instance=${this.#instance}`];
    for (const { RepoTags } of await this.docker.listImages({ filters: { label } }))
      for (const tag of RepoTags ?? []) await this.docker.getImage(tag).remove({ force: true });
  }
}
