import type { Journal } from "../journal/journal.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import type { Pipeline } from "../run/pipeline.ts";
import type { ResourceLedger } from "../run/resource-ledger.ts";
import type { RunLimits } from "../run/run.ts";
import type { ServiceRegistry } from "../services/service-registry.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";

/** What every intake of a runner shares. */
export interface IntakeParts {
  readonly pipeline: Pipeline;
  readonly ledger: ResourceLedger;
  readonly services: ServiceRegistry;
  readonly journal: Journal;
  readonly telemetry: TelemetryHub;
  readonly secrets: SecretStore;
  readonly log: Logger;
  readonly projectDir: string;
  readonly limits: RunLimits;
  readonly profile: () => Profile | undefined;
}
