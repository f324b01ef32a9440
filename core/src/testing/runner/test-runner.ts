import type { JsonObject } from "../../json/value.ts";
import type { Agent } from "../../run/agent.ts";
import type { Outcome } from "../../run/outcome.ts";
import type { Runner } from "../../runner-api.ts";
import type { TelemetryEvent } from "../../telemetry.ts";
import type { TestCoordinator } from "./coordinators.ts";
import type { EventOf } from "./hearing.ts";
import type { LogLine } from "./log-lines.ts";
import type { MemorySource } from "./memory-source.ts";

/** A run that a test wants. */
export interface Submission {
  /** The name of an agent that a profile of the runner offers; without a coordinator an agent itself will do as well. */
  readonly agent: string | Agent;
  /** None unless given. */
  readonly parameters?: JsonObject;
  /** A session to go on with; a new one unless given. */
  readonly session?: string;
}

/** A run that a runner has been given. */
export interface Submitted {
  readonly id: string;
  readonly session: string;
  /** Settles with the run. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the report of its end has been accepted. */
  readonly delivered: Promise<void>;
  /** Asks for its stop, as a client does. */
  stop(): Promise<void>;
}

/** A runner under test that leases from memory, or from a coordinator. Ends with `await using`, or with `close`. */
export interface TestRunner<C extends TestCoordinator = TestCoordinator> extends AsyncDisposable {
  readonly runner: Runner;
  /** The coordinator of the moment, where there is one. */
  readonly coordinator: C | undefined;
  /** Where runs come from without a coordinator. */
  readonly source: MemorySource;
  /** A directory of its own, unless it was given one. */
  readonly projectDir: string;
  /** Every line of the log so far. */
  readonly log: readonly LogLine[];
  /** Everything that the runner has told. */
  readonly telemetry: readonly TelemetryEvent[];
  /** The first event of a type that is wanted, told already or still to come. */
  told<Type extends TelemetryEvent["type"]>(
    type: Type,
    wanted?: (event: EventOf<Type>) => boolean,
  ): Promise<EventOf<Type>>;
  /** Gives the runner a run. Without a coordinator it waits for a slot. */
  submit(run: Submission): Promise<Submitted>;
  /** Ends the coordinator, and after `ms` starts another on the same data. */
  restartCoordinator(ms?: number): Promise<void>;
  /**
   * Stops what runs, closes runner and coordinator, and verifies that nothing is left open. Rejects when leasing had failed, a
   * teardown failed, or something was left open. Calling it twice is fine.
   */
  close(): Promise<void>;
}
