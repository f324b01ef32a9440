import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import type { ImageInfo } from "dockerode";
import { hasStatus } from "../engine/engine-error.ts";

const ATTEMPTS = 20;
const PAUSE_MS = 50;

/** The images with all of these labels. The engine answers 500 where one, anybody's, is removed while it lists them. */
export async function listImages(docker: Docker, label: readonly string[]): Promise<ImageInfo[]> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await docker.listImages({ filters: { label: [...label] } });
    } catch (thrown) {
      if (attempt === ATTEMPTS || !hasStatus(thrown, 500)) throw thrown;
      await pause(PAUSE_MS);
    }
}
