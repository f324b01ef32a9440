import type Docker from "dockerode";
import type { Logger } from "leasehold";
import { contentTagOf } from "../agent-id.ts";
import { Limiter } from "../limiter.ts";
import { OkenError } from "../oken-error.ts";
import { type BaseImage, BaseImages, baseReference } from "./base-image.ts";
import type { BuildOptions, BuildRequest, BuiltImage } from "./build-request.ts";
import { BuilderChoice } from "./builder-choice.ts";
import { type BuildContext, contentHashOf, streamContext } from "./context.ts";
import { contextOfFolder } from "./folder-context.ts";
import { BASE_LABEL, IMAGE_LABEL, ImageBudget, type Kept } from "./image-budget.ts";
import { imageIdOf, tagForAgent, untagAgent } from "./image-tags.ts";
import { OncePerContent } from "./once-per-content.ts";
import { runBuild } from "./run-build.ts";
import { untilAborted } from "./until-aborted.ts";

/** What an image is made from. */
interface Content {
  readonly base: BaseImage;
  readonly context: BuildContext;
  readonly hash: string;
  readonly contentTag: string;
}

/** Makes images of agents' folders (spec §3.4), and keeps the disk that they take within the budget. */
export class ImageBuilder {
  readonly #docker: Docker;
  readonly #options: BuildOptions;
  readonly #log: Logger;
  readonly #bases: BaseImages;
  readonly #choice: BuilderChoice;
  readonly #places: Limiter;
  readonly #contents = new OncePerContent();
  readonly #budget: ImageBudget;

  constructor(docker: Docker, options: BuildOptions, log: Logger) {
    this.#docker = docker;
    this.#options = options;
    this.#log = log;
    this.#bases = new BaseImages(docker, baseReference(options));
    this.#choice = new BuilderChoice(docker, options.builder);
    this.#places = new Limiter(options.parallelBuilds);
    this.#budget = new ImageBudget(docker, options.instance, options.imageBudgetBytes);
  }

  /** Rejects with an `OkenError`: `BUILD_FAILED` with the log, or `CONTAINER_ERROR` when the engine is away. */
  async build(request: BuildRequest): Promise<BuiltImage> {
    const late = AbortSignal.timeout(this.#options.buildTimeoutSeconds * 1_000);
    const signal = request.signal ? AbortSignal.any([request.signal, late]) : late;
    try {
      return await this.#build(request, signal);
    } catch (thrown) {
      throw late.aborted ? tookTooLong(thrown, this.#options.buildTimeoutSeconds) : asOkenError(thrown);
    }
  }

  /** Removes the agent's tag; its content stays until the budget asks for it. An absent one is no error (T53, T54). */
  async remove(agentId: string): Promise<void> {
    await untagAgent(this.#docker, agentId);
  }

  /** Notes that an agent of this image runs now. */
  touch(imageId: string): void {
    this.#budget.touch(imageId);
  }

  /** Removes images of ours that are not in `kept`, not used by any container, and too many. Answers their ids. */
  async enforceBudget(kept?: Kept): Promise<readonly string[]> {
    const removed = await this.#budget.enforce(kept);
    if (removed.length > 0) this.#log.info({ images: removed.length }, "removed images that were not used for longest");
    return removed;
  }

  async #build(request: BuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    const base = await untilAborted(this.#bases.resolve(request.onLine), signal);
    const context = await contextOfFolder(request, base, this.#options);
    const hash = contentHashOf(context, base.id, this.#options.instance);
    const contentTag = contentTagOf(hash);
    try {
      // It may be there by now, and the next to be removed.
      await this.#budget.hold(contentTag);
      return await this.#choose(request, signal, { base, context, hash, contentTag });
    } finally {
      this.#budget.release(contentTag);
    }
  }

  /** Takes the image that is there, or makes it. */
  async #choose(request: BuildRequest, signal: AbortSignal, { base, context, hash, contentTag }: Content) {
    const log = await this.#contents.run(hash, signal, async () => {
      if (await imageIdOf(this.#docker, contentTag)) return undefined;
      return this.#places.run(signal, () => this.#make(request, context, contentTag, base, signal));
    });
    const { tag, imageId } = await tagForAgent(this.#docker, contentTag, request.agentId);
    this.#budget.touch(imageId);
    request.chosen?.(imageId);
    const unchanged = `unchanged: image ${contentTag} is there\n`;
    return { tag, contentTag, imageId, built: log !== undefined, log: log ?? unchanged };
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
      usesBuildKit: await this.#choice.usesBuildKit(),
      signal,
      onLine,
    });
  }
}

function tookTooLong(cause: unknown, seconds: number): OkenError {
  const log = cause instanceof OkenError ? { buildLog: cause.buildLog } : {};
  return new OkenError("BUILD_FAILED", `Failed to build image: it took longer than ${seconds} s`, { cause, ...log });
}

function asOkenError(thrown: unknown): OkenError {
  if (thrown instanceof OkenError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new OkenError("CONTAINER_ERROR", `Failed to build image: ${reason}`, { cause: thrown });
}
