import type Docker from "dockerode";
import { imageTagOf } from "../agent-id.ts";
import { hasStatus } from "../engine/engine-error.ts";

/** Id of the image that has a tag; nothing where none has. */
export async function imageIdOf(docker: Docker, tag: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(tag).inspect()).Id;
  } catch (thrown) {
    if (hasStatus(thrown, 404)) return undefined;
    throw thrown;
  }
}

/** Gives an image the tag of an agent. Answers that tag and the image's id. */
export async function tagForAgent(docker: Docker, contentTag: string, agentId: string) {
  const tag = imageTagOf(agentId);
  const [repo = "", name = ""] = tag.split(":");
  await docker.getImage(contentTag).tag({ repo, tag: name });
  return { tag, imageId: (await docker.getImage(contentTag).inspect()).Id };
}

/** Takes an agent's tag away. An absent one is no error (T53, T54). */
export async function untagAgent(docker: Docker, agentId: string): Promise<void> {
  try {
    await docker.getImage(imageTagOf(agentId)).remove({ force: true });
  } catch (thrown) {
    if (!hasStatus(thrown, 404)) throw thrown;
  }
}
