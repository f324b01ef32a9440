import type Docker from "dockerode";
import { listImages } from "./list-images.ts";

/** Label of images that a runner built; its value is the runner's instance. */
export const IMAGE_LABEL = "oken.image.instance";
/** Label with the id of the base image, whose bytes are not counted. */
export const BASE_LABEL = "oken.image.base";

/** An image of ours, as the engine tells. */
interface OwnImage {
  readonly id: string;
  readonly bytes: number;
  readonly lastUsed: number;
}

/** Images that stay, by id; asked just before each removal, for deployments come and go while images are removed. */
export type Kept = Pick<ReadonlySet<string>, "has">;

/** Keeps the disk that a runner's images take within a budget: the least recently used go, in use or foreign ones never (OKEN-D34). */
export class ImageBudget {
  readonly #docker: Docker;
  readonly #instance: string;
  readonly #budgetBytes: number;
  readonly #lastUsed = new Map<string, number>();
  /** Tags; one is there as often as it is held. */
  readonly #held: string[] = [];
  #removal: Promise<void> = Promise.resolve();

  constructor(docker: Docker, instance: string, budgetBytes: number) {
    this.#docker = docker;
    this.#instance = instance;
    this.#budgetBytes = budgetBytes;
  }

  /** Notes that an image is used now. */
  touch(imageId: string): void {
    // Finer than a millisecond, since two uses may come in one.
    this.#lastUsed.set(imageId, performance.timeOrigin + performance.now());
  }

  /** From its end on, until `release`, no image that has this tag is removed. */
  async hold(tag: string): Promise<void> {
    this.#held.push(tag);
    // It may be of that very image.
    await this.#removal;
  }

  release(tag: string): void {
    this.#held.splice(this.#held.indexOf(tag), 1);
  }

  /** Removes images until the rest fits. Answers the ids of those removed; an image that a container uses stays. */
  async enforce(kept: Kept = new Set()): Promise<readonly string[]> {
    const images = await this.#list();
    let bytes = images.reduce((sum, image) => sum + image.bytes, 0);
    const removed: string[] = [];
    for (const image of images.sort((one, other) => one.lastUsed - other.lastUsed)) {
      if (bytes <= this.#budgetBytes) break;
      if (kept.has(image.id) || !(await this.#remove(image.id, kept))) continue;
      bytes -= image.bytes;
      this.#lastUsed.delete(image.id);
      removed.push(image.id);
    }
    return removed;
  }

  async #list(): Promise<OwnImage[]> {
    const found = await listImages(this.#docker, [`${IMAGE_LABEL}=${this.#instance}`]);
    const bases = new Map<string, number>();
    for (const base of new Set(found.map(({ Labels }) => Labels?.[BASE_LABEL] ?? "")))
      bases.set(base, base === "" ? 0 : await this.#sizeOf(base));
    return found.map(({ Id, Size, Labels, Created }) => ({
      id: Id,
      bytes: Math.max(0, Size - (bases.get(Labels?.[BASE_LABEL] ?? "") ?? 0)),
      lastUsed: this.#lastUsed.get(Id) ?? Created * 1_000,
    }));
  }

  async #sizeOf(image: string): Promise<number> {
    return this.#docker
      .getImage(image)
      .inspect()
      .then(
        ({ Size }) => Size,
        () => 0,
      );
  }

  /** All tags of the image go, one by one: by its id the engine would ask for force, which containers do not survive. */
  async #remove(id: string, kept: Kept): Promise<boolean> {
    try {
      // First, for whoever asks for the containers of an image that is gone gets an error that says nothing.
      const { RepoTags } = await this.#docker.getImage(id).inspect();
      const using = await this.#docker.listContainers({ all: true, filters: { ancestor: [id] } });
      if (using.length > 0) return false;
      const tags = RepoTags?.length ? RepoTags : [id];
      // Nothing may come between this and the removal.
      if (kept.has(id) || tags.some((tag) => this.#held.includes(tag))) return false;
      const removal = this.#untag(tags);
      this.#removal = removal.catch(() => undefined);
      await removal;
      return true;
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 404) return true;
      if (statusCode === 409) return false;
      throw error;
    }
  }

  async #untag(tags: readonly string[]): Promise<void> {
    for (const tag of tags) await this.#docker.getImage(tag).remove();
  }
}
