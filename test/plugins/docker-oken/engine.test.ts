import { expect, it } from "vitest";
import { describeWithEngine, engine } from "./engine.ts";

describeWithEngine("the engine of the tests", () => {
  it("runs the base image's Python and uv", async () => {
    const { docker, baseImage } = engine();
    const container = await docker.createContainer({
      Image: baseImage,
      Cmd: ["python3", "-c", "import subprocess; subprocess.run(['uv', '--version'], check=True)"],
    });
    try {
      await container.start();
      expect(await container.wait()).toMatchObject({ StatusCode: 0 });
    } finally {
      await container.remove({ force: true });
    }
  });
});
