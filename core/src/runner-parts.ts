import { Credentials } from "./credentials.ts";
import { LeaseholdError } from "./errors/leasehold-error.ts";
import { TapBoard } from "./hooks/facade.ts";
import { Heart } from "./hooks/heart.ts";
import { createHookTable } from "./hooks/hook-table.ts";
import { Instrument } from "./hooks/instrument.ts";
import { type Asked, createManners } from "./hooks/manners.ts";
import { RunnerJournal } from "./journal/runner-journal.ts";
import type { Logger } from "./log/logger.ts";
import { ProfileRegistry } from "./profiles/profile-registry.ts";
import { guardCredentials } from "./redaction/guard-credentials.ts";
import { maskLines } from "./redaction/mask-lines.ts";
import { SecretStore } from "./redaction/secret-store.ts";
import { Pipeline } from "./run/pipeline.ts";
import { ResourceLedger } from "./run/resource-ledger.ts";
import type { Run } from "./run/run.ts";
import type { RunnerSpec } from "./runner-api.ts";
import { ServiceRegistry } from "./services/service-registry.ts";
import { ShutdownBudget } from "./shutdown-budget.ts";
import type { IntakeParts } from "./sources/intake-parts.ts";
import type { LeaseSource } from "./sources/source.ts";
import { TelemetryHub } from "./telemetry-hub.ts";

/** A source and the plugin that added it. */
interface AddedSource {
  readonly plugin: string;
  readonly source: LeaseSource;
}

/** The organs of one runner. */
export interface RunnerParts {
  readonly log: Logger;
  readonly secrets: SecretStore;
  readonly telemetry: TelemetryHub;
  readonly board: TapBoard;
  readonly heart: Heart;
  readonly services: ServiceRegistry;
  readonly ledger: ResourceLedger;
  readonly journal: RunnerJournal;
  readonly profiles: ProfileRegistry;
  readonly instrument: Instrument;
  readonly budget: ShutdownBudget;
  readonly sources: AddedSource[];
  readonly intake: IntakeParts;
}

/** Builds the organs and joins them; nothing runs yet. */
export function createRunnerParts({ options, log: unmasked, secrets = new SecretStore() }: RunnerSpec): RunnerParts {
  const log = maskLines(unmasked, secrets);
  secrets.onShort((name) =>
    log.warn(`${name} is under 6 characters or all backslashes, so it is not masked anywhere; use another one`),
  );
  if (options.redactResults) secrets.redactResults();
  const telemetry = new TelemetryHub(log, secrets);
  const hooks = createHookTable();
  const asked = new WeakMap<Run, Asked[]>();
  const instrument = new Instrument(telemetry, log);
  const heart = new Heart(
    (at) => hooks.onHeartbeat.callAsync({ at }, () => undefined),
    (plugin, problem) => {
      const fault = new LeaseholdError("TAP_FAILED", { plugin, hook: "onHeartbeat", problem });
      log.error({ err: fault, plugin, hook: "onHeartbeat" }, fault.message);
    },
  );
  const board = new TapBoard(hooks, createManners(asked), instrument, heart, log);
  const services = new ServiceRegistry();
  services.guard(Credentials, (credentials) => guardCredentials(credentials, secrets, log));
  const journal = new RunnerJournal(secrets);
  const ledger = new ResourceLedger(journal, telemetry, log);
  const profiles = new ProfileRegistry(options.profile);
  const { projectDir, projectRoots, timeoutSeconds, graceSeconds, outputBytes } = options;
  const resolvers = () => board.records.filter(({ hook }) => hook === "resolveEntrypoint").map(({ plugin }) => plugin);
  const kinds = () => [...new Set(board.records.flatMap(({ kind }) => kind ?? []))];
  const pipeline = new Pipeline({
    hooks,
    asked,
    resolvers,
    kinds,
    ledger,
    telemetry,
    secrets,
    projectDir,
    projectRoots,
  });
  const limits = { timeoutSeconds, graceSeconds, outputBytes };
  const profile = () => profiles.active();
  const intake = { pipeline, ledger, services, journal, telemetry, secrets, log, projectDir, limits, profile };
  const budget = new ShutdownBudget(options);
  const organs = { log, secrets, telemetry, board, heart, services, ledger, journal, profiles, instrument, budget };
  return { ...organs, sources: [], intake };
}
