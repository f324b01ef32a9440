import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Credentials } from "leasehold";
import { credentialsConformance, pluginConformance } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";
import { TokenWorld } from "./token-world.ts";

pluginConformance({
  create: () => samplePlugin({ tokenFile: "token" }),
  refuses: { tokenFile: () => samplePlugin({ tokenFile: "" }) },
  differs: {
    create: () => samplePlugin({ tokenFile: "other-token" }),
    async shows({ runner, projectDir }) {
      for (const file of ["token", "other-token"]) await writeFile(path.join(projectDir, file), `the-${file}`);
      return runner.services.get(Credentials).headers("http://coordinator.test");
    },
  },
});

credentialsConformance<TokenWorld>({
  name: "sample-plugin",
  open: TokenWorld.open,
  revoke: (world) => world.write("token-two"),
  breakDown: (world) => world.breakDown(),
});
