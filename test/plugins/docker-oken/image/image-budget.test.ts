import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createLogger } from "../../../../core/src/log/create-logger.ts";
import { Engine } from "../../../../plugins/docker-oken/src/engine/engine.ts";
import { imagesOfFolders } from "../../../../plugins/docker-oken/src/image/images-of-folders.ts";
import { options as schema } from "../../../../plugins/docker-oken/src/options.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentFolder } from "./agent-folder.ts";

describeWithEngine("the budget of images", () => {
  it("takes none from a deployment that is under way", async () => {
    const { docker, baseImage, host } = engine();
    const instance = `test-${randomUUID()}`;
    const options = schema.parse({ baseImage, dockerHost: host, imageBudgetBytes: 0 });
    const log = createLogger({ verbose: false });
    const images = imagesOfFolders(await Engine.open(options, instance, log), instance, options, log);
    const build = async () => {
      const agentId = `budget-${randomUUID().slice(0, 8)}`;
      await using agent = await agentFolder({
        "oken.toml": 'name = "a"\n',
        "main.py": `def handler(input):\n    return {"a": "${agentId}"}\n`,
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
    const [slow, quick, last] = [await build(), await build(), await build()];
    images.settled(quick);
    images.settled(last);
    // The newest stays for the next deployment of its agent.
    await expect.poll(() => isThere(quick)).toBe(false);
    expect(await isThere(slow)).toBe(true);
    images.settled(slow);
    await expect.poll(() => isThere(last)).toBe(false);
  });
});
