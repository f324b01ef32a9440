import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished, vi } from "vitest";
import { createLogger } from "../../../../core/src/log/create-logger.ts";
import { Engine } from "../../../../plugins/docker-oken/src/engine/engine.ts";
import { imagesOfFolders } from "../../../../plugins/docker-oken/src/image/images-of-folders.ts";
import { options as schema } from "../../../../plugins/docker-oken/src/options.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentFolder } from "./agent-folder.ts";

describeWithEngine("the budget of images", { timeout: 60_000 }, () => {
  it("takes none from a deployment that is under way", async () => {
    const { images, build, isThere } = await tightImages();
    const [slow, quick, last] = [await build(), await build(), await build()];
    images.settled(quick);
    images.settled(last);
    // The newest stays for the next deployment of its agent.
    await expect.poll(() => isThere(quick)).toBe(false);
    expect(await isThere(slow)).toBe(true);
    images.settled(slow);
    await expect.poll(() => isThere(last)).toBe(false);
  });

  it("takes none that is chosen again while others are removed", async () => {
    const { docker, images, build, isThere, code, again, other, last, listImages } = await threeImages();
    const chosen = Promise.withResolvers<string>();
    vi.spyOn(docker, "listImages").mockImplementationOnce(async (options) => {
      chosen.resolve(await build(code));
      return await listImages(options);
    });
    images.settled(other);
    expect(await chosen.promise).toBe(again);
    images.settled(last);
    await expect.poll(() => isThere(other)).toBe(false);
    expect(await isThere(again)).toBe(true);
  });

  it("takes none that a deployment has found, and not tagged yet", async () => {
    const { docker, images, build, isThere, code, again, other, last, listImages } = await threeImages();
    const begun = Promise.withResolvers<{ readonly rebuilding: Promise<string> }>();
    vi.spyOn(docker, "listImages").mockImplementationOnce(async (options) => {
      await new Promise<void>((found) => {
        afterFinding(docker, again, async () => {
          found();
          await expect.poll(() => isThere(other), { timeout: 10_000 }).toBe(false);
        });
        begun.resolve({ rebuilding: build(code) });
      });
      return await listImages(options);
    });
    images.settled(other);
    const { rebuilding } = await begun.promise;
    images.settled(last);
    expect(await rebuilding).toBe(again);
    expect(await isThere(again)).toBe(true);
  });
});

/** One that may be chosen again by its code, and two that are still held by their deployments. */
async function threeImages() {
  const tight = await tightImages();
  const { docker, images, build } = tight;
  const code = randomUUID();
  const again = await build(code);
  images.settled(again);
  const listImages = docker.listImages.bind(docker);
  return { ...tight, code, again, other: await build(), last: await build(), listImages };
}

/** Holds up the first who finds an image by a tag. */
function afterFinding(docker: Engine["docker"], imageId: string, act: () => Promise<void>): void {
  const getImage = docker.getImage.bind(docker);
  let first = true;
  vi.spyOn(docker, "getImage").mockImplementation((name) => {
    const image = getImage(name);
    if (!name.includes(":content.")) return image;
    const inspect = image.inspect.bind(image);
    vi.spyOn(image, "inspect").mockImplementation(async () => {
      const facts = await inspect();
      const holds = first && facts.Id === imageId;
      if (holds) first = false;
      if (holds) await act();
      return facts;
    });
    return image;
  });
}

/** Images of a runner that may keep none. */
async function tightImages() {
  const { docker, baseImage, host } = engine();
  const instance = `test-${randomUUID()}`;
  const options = schema.parse({ baseImage, dockerHost: host, imageBudgetBytes: 0 });
  const log = createLogger({ verbose: false });
  const own = await Engine.open(options, instance, log);
  const images = imagesOfFolders(own, instance, options, log);
  /** Of the same code it is the same image. */
  const build = async (code: string = randomUUID()) => {
    const agentId = `budget-${randomUUID().slice(0, 8)}`;
    await using agent = await agentFolder({
      "oken.toml": 'name = "a"\n',
      "main.py": `def handler(input):\n    return {"a": "${code}"}\n`,
    });
    const prepared = await images.read(agent.folder);
    const signal = AbortSignal.timeout(60_000);
    const { imageId } = await images.build({ ...prepared, agentId, folder: agent.folder, signal });
    onTestFinished(
      async () =>
        void (await docker
          .getImage(imageId)
          .remove({ force: true })
          .catch(() => undefined)),
    );
    return imageId;
  };
  const isThere = (imageId: string) =>
    docker
      .getImage(imageId)
      .inspect()
      .then(
        () => true,
        () => false,
      );
  return { docker: own.docker, images, build, isThere };
}
