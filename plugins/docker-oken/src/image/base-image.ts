import type Docker from "dockerode";
import { unreachedCode } from "../engine/engine-error.ts";
import { OkenError } from "../oken-error.ts";
import type { OkenOptions } from "../options.ts";
import { type BaseFacts, readBaseFacts } from "./base-facts.ts";

/** uv without Python; pinned, because a tag that moves changes what an unchanged agent runs on (OKEN-D40). */
const PINNED_TAG = "0.13.8-bookworm-slim";

/** A base image that the engine has. */
export interface BaseImage {
  readonly reference: string;
  readonly id: string;
  readonly facts: BaseFacts;
}

export function baseReference({
  baseImage,
  baseImagePrefix,
}: Pick<OkenOptions, "baseImage" | "baseImagePrefix">): string {
  return baseImage ?? `${baseImagePrefix}:${PINNED_TAG}`;
}

/** The base image of a runner: pulled when the engine lacks it, looked into once per content. */
export class BaseImages {
  readonly #docker: Docker;
  readonly #reference: string;
  readonly #facts = new Map<string, Promise<BaseFacts>>();
  #pull: Promise<void> | undefined;

  constructor(docker: Docker, reference: string) {
    this.#docker = docker;
    this.#reference = reference;
  }

  /** Rejects with an `OkenError` that says what is wrong with the base image, `CONTAINER_ERROR` when the engine is away. */
  async resolve(onLine: (line: string) => void = () => {}): Promise<BaseImage> {
    try {
      const id = (await this.#find()) ?? (await this.#fetch(onLine));
      return { reference: this.#reference, id, facts: await this.#look(id) };
    } catch (thrown) {
      throw this.#fault(thrown);
    }
  }

  #fault(cause: unknown): OkenError {
    const code = unreachedCode(cause);
    if (code !== undefined)
      return new OkenError("CONTAINER_ERROR", `Failed to build image: the Docker engine cannot be reached (${code})`, {
        cause,
      });
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new OkenError("BUILD_FAILED", `Failed to build image: base image ${this.#reference}: ${reason}`, { cause });
  }

  async #find(): Promise<string | undefined> {
    try {
      return (await this.#docker.getImage(this.#reference).inspect()).Id;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }

  async #fetch(onLine: (line: string) => void): Promise<string> {
    onLine(`pulling the base image ${this.#reference}`);
    this.#pull ??= this.#download().finally(() => {
      this.#pull = undefined;
    });
    await this.#pull;
    return (await this.#docker.getImage(this.#reference).inspect()).Id;
  }

  async #download(): Promise<void> {
    const answer = await this.#docker.pull(this.#reference);
    const steps = await new Promise<readonly { readonly error?: string }[]>((done, failed) =>
      this.#docker.modem.followProgress(answer, (error, output) => (error ? failed(error) : done(output))),
    );
    const failure = steps.find(({ error }) => error !== undefined);
    if (failure) throw new Error(failure.error);
  }

  #look(id: string): Promise<BaseFacts> {
    const known = this.#facts.get(id) ?? readBaseFacts(this.#docker, id);
    this.#facts.set(id, known);
    known.catch(() => this.#facts.delete(id));
    return known;
  }
}
