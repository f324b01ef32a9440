import { definePlugin } from "leasehold";
import { devCommand } from "./dev/command.ts";
import { optionsSchema } from "./options.ts";
import { serveCommand } from "./serve-command.ts";

/** Contributes `leasehold dev` and `leasehold coordinator`; leases nothing and taps nothing. */
export const embeddedCoordinator = definePlugin({
  name: "embedded-coordinator",
  apiVersion: 1,
  manifest: {
    spawn: true,
    network: ["listens on the options `host` and `port`", "the option `authJwksUrl`"],
    fileRoots: ["the option `data`"],
  },
  options: optionsSchema,
  commands: [devCommand, serveCommand],
});

export { type EmbeddedCoordinatorOptions, optionsSchema } from "./options.ts";
export type { RecordEntry, Verdict } from "./record.ts";
export type { Guard } from "./server.ts";
export { type EmbeddedCoordinator, type EmbeddedCoordinatorParts, startEmbeddedCoordinator } from "./start.ts";
