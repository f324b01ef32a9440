import type { Check } from "leasehold";
import { options } from "./options.ts";

/** What `leasehold doctor` looks at: the engine, then the base image in it. Loads the engine's client when it is called. */
export const checks: readonly Check[] = [
  {
    name: "engine and base image",
    async run({ pluginOptions }) {
      const given = options.parse(pluginOptions);
      const [{ default: Docker }, { addressText, clientOptions }, { checkBaseImage }, { baseReference }] =
        await Promise.all([
          import("dockerode"),
          import("./engine/engine-address.ts"),
          import("./image/base-image-check.ts"),
          import("./image/base-image.ts"),
        ]);
      const docker = new Docker(await clientOptions(given));
      const silent = await docker.ping().then(
        () => undefined,
        (thrown: Error) => thrown.message,
      );
      if (silent === undefined) return checkBaseImage(docker, baseReference(given));
      const problem = `the Docker engine at ${addressText(given)} does not answer: ${silent}`;
      return { ok: false, problem, fix: "Start it, or name another with DOCKER_HOST." };
    },
  },
];
