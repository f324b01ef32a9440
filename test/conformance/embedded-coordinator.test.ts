import { embeddedCoordinator } from "@leasehold/embedded-coordinator";
import { pluginConformance } from "leasehold/testing";

pluginConformance({
  create: () => embeddedCoordinator(),
  refuses: { port: () => embeddedCoordinator({ port: 70_000 }) },
});
