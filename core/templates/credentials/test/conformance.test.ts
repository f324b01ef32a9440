import { credentialsConformance, pluginConformance } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";
import { TokenWorld } from "./token-world.ts";

pluginConformance({
  create: () => samplePlugin({ tokenFile: "token" }),
  refuses: { tokenFile: () => samplePlugin({ tokenFile: "" }) },
});

credentialsConformance<TokenWorld>({
  name: "sample-plugin",
  open: TokenWorld.open,
  revoke: (world) => world.write("token-two"),
  breakDown: (world) => world.breakDown(),
});
