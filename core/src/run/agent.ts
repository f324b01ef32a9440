import type { JsonObject } from "../json/value.ts";

/** What a run executes: the blueprint its source delivered, or a profile's own definition. */
export interface Agent {
  readonly name: string;
  readonly description?: string;
  /** Program and leading words, split by POSIX quoting rules. */
  readonly command?: string;
  /** Name of a script that the script executor keeps in step. */
  readonly script?: string;
  readonly parametersSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly timeoutSeconds?: number;
  /** The blueprint as delivered, for executors that know further members. */
  readonly blueprint?: JsonObject;
}
