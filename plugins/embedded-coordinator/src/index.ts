export { type EmbeddedCoordinatorOptions, optionsSchema } from "./options.ts";
export type { RecordEntry, Verdict } from "./record.ts";
export type { Guard } from "./server.ts";
export { type EmbeddedCoordinator, type EmbeddedCoordinatorParts, startEmbeddedCoordinator } from "./start.ts";
