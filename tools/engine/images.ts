import type Docker from "dockerode";
import { tarOf } from "./root-filesystem.ts";

/** Makes an image of one layer from a directory. */
export async function importRoot(docker: Docker, root: string, image: string): Promise<void> {
  const { stream, done } = tarOf(root);
  await Promise.all([finishImport(docker, stream, image), done]);
}

async function finishImport(docker: Docker, root: NodeJS.ReadableStream, image: string): Promise<void> {
  const [repo, tag] = image.split(":");
  const answer = await docker.importImage(root, { repo, tag });
  await follow(docker, answer);
}

/** One message of the engine about something that takes long. */
export interface Progress {
  readonly stream?: string;
  readonly error?: string;
}

/** Rejects with the error that the engine reports inside its answer. */
export async function follow(
  docker: Docker,
  answer: NodeJS.ReadableStream,
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  const steps = await new Promise<readonly Progress[]>((done, failed) =>
    docker.modem.followProgress(answer, (error, output) => (error ? failed(error) : done(output)), onProgress),
  );
  const failures = steps.flatMap(({ error }) => error ?? []);
  if (failures.length > 0) throw new Error(`the engine could not make the image: ${failures.join("; ")}`);
}

export async function isPresent(docker: Docker, image: string): Promise<boolean> {
  return docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}
