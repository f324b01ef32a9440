import { dockerOken } from "@leasehold/docker-oken";
import { pluginConformance } from "leasehold/testing";

pluginConformance({
  create: () => dockerOken({ port: 0 }),
  // Its source needs an engine.
  lease: false,
  refuses: { network: () => dockerOken({ network: "no name" }), port: () => dockerOken({ port: -1 }) },
});
