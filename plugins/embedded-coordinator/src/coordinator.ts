import type { Clock } from "./clock.ts";
import type { Feed } from "./feed.ts";
import type { Hazards, Options } from "./options.ts";
import type { ParameterChecks } from "./parameters.ts";
import type { RecordBook } from "./record.ts";
import type { Registry } from "./registry.ts";
import type { Store } from "./store/store.ts";
import type { Waiting } from "./waiting.ts";

/** The parts of one coordinator. Every operation gets them from its caller; no module holds state. */
export type Coordinator = {
  readonly options: Options;
  readonly hazards: Hazards;
  readonly clock: Clock;
  readonly store: Store;
  readonly registry: Registry;
  readonly waiting: Waiting;
  readonly feed: Feed;
  readonly parameters: ParameterChecks;
  readonly record: RecordBook;
};
