import { definePlugin } from "leasehold";
import { optionsSchema } from "./options.ts";
import { serveCommand } from "./serve-command.ts";

/** Contributes `leasehold coordinator`; leases nothing and taps nothing. */
export const embeddedCoordinator = definePlugin({
  name: "embedded-coordinator",
  apiVersion: 1,
  options: optionsSchema,
  commands: [serveCommand],
});

export { type EmbeddedCoordinatorOptions, optionsSchema } from "./options.ts";
export type { RecordEntry, Verdict } from "./record.ts";
export type { Guard } from "./server.ts";
export { type EmbeddedCoordinator, type EmbeddedCoordinatorParts, startEmbeddedCoordinator } from "./start.ts";
