import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import type { Logger } from "leasehold";
import { contentTagOf, imageTagOf } from "../agent-id.ts";
import type { AgentConfig, EntrypointType } from "../config/agent-config.ts";
import { OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import { listFiles } from "./agent-files.ts";
import { type BaseImage, BaseImages, baseReference } from "./base-image.ts";
import { type BuildContext, contentHashOf, streamContext } from "./context.ts";
import { type DependencyPlan, planDependencies } from "./dependency-plan.ts";
import { renderDockerfile, WRAPPER } from "./dockerfile.ts";
import { BASE_LABEL, IMAGE_LABEL, ImageBudget } from "./image-budget.ts";
import { Limiter } from "./limiter.ts";
import { choosePython } from "./python-choice.ts";
import { runBuild } from "./run-build.ts";
import { untilAborted } from "./until-aborted.ts";

/** The options that decide how images are built. */
export type BuildOptions = Pick<
  OkenOptions,
  | "baseImage"
  | "baseImagePrefix"
  | "buildTimeoutSeconds"
  | "parallelBuilds"
  | "imageBudgetBytes"
  | "pythonIndexUrl"
  | "containerPort"
  | "concurrency"
  | "invokeTimeoutSeconds"
  | "nonRoot"
> & {
  /** Whose images these are: none but its own are ever removed. */
  readonly instance: string;
  /** Default: BuildKit where the engine has it. */
  readonly builder?: "buildkit" | "classic";
};

export interface BuildRequest {
  readonly agentId: string;
  /** Everything in it becomes `/app`. */
  readonly folder: string;
  readonly config: AgentConfig;
  readonly entrypointType: EntrypointType;
  readonly signal?: AbortSignal | undefined;
  /** Hears every line of the build as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface BuiltImage {
  /** `oken-agent:<id>`. */
  readonly tag: string;
  /** The same for every agent of the same content. */
  readonly contentTag: string;
  readonly imageId: string;
  /** False when an image of this content was there. */
  readonly built: boolean;
  readonly log: string;
}

const WRAPPER_FILE = new URL(`../../wrapper/${WRAPPER}`, import.meta.url);
/** Engine 20.10; before it BuildKit was an experiment. */
const BUILDKIT_API = 1.41;

/** Makes images of agents' folders (spec §3.4), and keeps the disk that they take within the budget. */
export class ImageBuilder {
  readonly #docker: Docker;
  readonly #options: BuildOptions;
  readonly #log: Logger;
  readonly #bases: BaseImages;
  readonly #places: Limiter;
  /** One at a time per content: the second finds the first's image. */
  readonly #building = new Map<string, Limiter>();
  readonly #budget: ImageBudget;
  #usesBuildKit: Promise<boolean> | undefined;

  constructor(docker: Docker, options: BuildOptions, log: Logger) {
    this.#docker = docker;
    this.#options = options;
    this.#log = log;
    this.#bases = new BaseImages(docker, baseReference(options));
    this.#places = new Limiter(options.parallelBuilds);
    this.#budget = new ImageBudget(docker, options.instance, options.imageBudgetBytes);
  }

  /** Rejects with an `OkenError`: `BUILD_FAILED` with the log, or `CONTAINER_ERROR` when the engine is away. */
  async build(request: BuildRequest): Promise<BuiltImage> {
    const late = AbortSignal.timeout(this.#options.buildTimeoutSeconds * 1_000);
    const signal = request.signal ? AbortSignal.any([request.signal, late]) : late;
    try {
      return await this.#build(request, signal);
    } catch (error) {
      throw this.#explain(error, late);
    }
  }

  /** Removes the agent's tag; its content stays until the budget asks for it. An absent one is no error (T53, T54). */
  async remove(agentId: string): Promise<void> {
    try {
      await this.#docker.getImage(imageTagOf(agentId)).remove({ force: true });
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    }
  }

  /** Notes that an agent of this image runs now. */
  touch(imageId: string): void {
    this.#budget.touch(imageId);
  }

  /** Removes images of ours that are not in `kept`, not used by any container, and too many. Answers their ids. */
  async enforceBudget(kept?: ReadonlySet<string>): Promise<readonly string[]> {
    const removed = await this.#budget.enforce(kept);
    if (removed.length > 0) this.#log.info({ images: removed.length }, "removed images that were not used for longest");
    return removed;
  }

  async #build(request: BuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    const base = await untilAborted(this.#bases.resolve(request.onLine), signal);
    const context = await this.#contextOf(request, base);
    const hash = contentHashOf(context, base.id);
    const contentTag = contentTagOf(hash);
    const lane = this.#building.get(hash) ?? new Limiter(1);
    this.#building.set(hash, lane);
    const log = await lane.run(signal, async () => {
      if (await this.#idOf(contentTag)) return undefined;
      return this.#places.run(signal, () => this.#make(request, context, contentTag, base, signal));
    });
    if (this.#building.get(hash) === lane) this.#building.delete(hash);
    return this.#name(request.agentId, contentTag, log);
  }

  async #contextOf(request: BuildRequest, base: BaseImage): Promise<BuildContext> {
    const { folder, entrypointType } = request;
    const files = await listFiles(folder);
    const dependencies = await planDependencies(folder, files);
    const dockerfile = this.#dockerfileOf(request, base, dependencies);
    const dependencyFiles = dependencies.kind === "none" ? [] : dependencies.files;
    const wrapper = entrypointType === "http" ? {} : { wrapper: await readFile(WRAPPER_FILE) };
    return { folder, files, dependencyFiles, dockerfile, ...wrapper };
  }

  #dockerfileOf(
    { config, entrypointType }: BuildRequest,
    { reference, facts }: BaseImage,
    dependencies: DependencyPlan,
  ): string {
    const { containerPort, concurrency, invokeTimeoutSeconds, pythonIndexUrl, nonRoot } = this.#options;
    return renderDockerfile({
      baseImage: reference,
      dependencies,
      python: choosePython(config, dependencies, facts),
      entrypoint: config.entrypoint,
      entrypointType,
      containerPort,
      isRoot: !nonRoot,
      concurrency: config.concurrency ?? concurrency,
      callTimeoutSeconds: config.invokeTimeout ?? invokeTimeoutSeconds,
      ...(pythonIndexUrl === undefined ? {} : { indexUrl: pythonIndexUrl }),
    });
  }

  async #make(
    { onLine }: BuildRequest,
    context: BuildContext,
    tag: string,
    base: BaseImage,
    signal: AbortSignal,
  ): Promise<string> {
    return runBuild(this.#docker, {
      context: streamContext(context),
      tag,
      labels: { [IMAGE_LABEL]: this.#options.instance, [BASE_LABEL]: base.id },
      usesBuildKit: await this.#hasBuildKit(),
      signal,
      onLine,
    });
  }

  async #name(agentId: string, contentTag: string, log: string | undefined): Promise<BuiltImage> {
    const tag = imageTagOf(agentId);
    const [repo = "", name = ""] = tag.split(":");
    await this.#docker.getImage(contentTag).tag({ repo, tag: name });
    const imageId = (await this.#docker.getImage(contentTag).inspect()).Id;
    this.#budget.touch(imageId);
    const unchanged = `unchanged: image ${contentTag} is there\n`;
    return { tag, contentTag, imageId, built: log !== undefined, log: log ?? unchanged };
  }

  async #idOf(tag: string): Promise<string | undefined> {
    try {
      return (await this.#docker.getImage(tag).inspect()).Id;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }

  #hasBuildKit(): Promise<boolean> {
    const { builder } = this.#options;
    if (builder) return Promise.resolve(builder === "buildkit");
    this.#usesBuildKit ??= this.#docker
      .version()
      .then(
        ({ ApiVersion, Os, Components = [] }) =>
          Os === "linux" && Number(ApiVersion) >= BUILDKIT_API && Components.some(({ Name }) => Name === "Engine"),
      );
    this.#usesBuildKit.catch(() => {
      this.#usesBuildKit = undefined;
    });
    return this.#usesBuildKit;
  }

  #explain(error: unknown, late: AbortSignal): unknown {
    const seconds = this.#options.buildTimeoutSeconds;
    if (late.aborted)
      return new OkenError("BUILD_FAILED", `Failed to build image: it took longer than ${seconds} s`, {
        cause: error,
        ...(error instanceof OkenError ? { buildLog: error.buildLog } : {}),
      });
    if (error instanceof OkenError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new OkenError("CONTAINER_ERROR", `Failed to build image: ${reason}`, { cause: error });
  }
}
