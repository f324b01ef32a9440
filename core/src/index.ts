export { z } from "zod";
export { type ParsedArguments, parseAgentArguments } from "./cli/agent/parse-arguments.ts";
export { describeAgent } from "./cli/agent/usage.ts";
export type { CoreOptions } from "./config/core-options.ts";
export {
  type Config,
  type ConfigContext,
  type ConfigExport,
  defineConfig,
  type PluginEntry,
} from "./config/define-config.ts";
export type { OptionMeta } from "./config/option-meta.ts";
export { createRunner, type Embedding } from "./create-runner.ts";
export { Credentials } from "./credentials.ts";
export { FaultReport, LeaseholdError } from "./errors/leasehold-error.ts";
export { didYouMean } from "./errors/nearest.ts";
export { Decline, decline, Refusal, refuse } from "./hooks/answers.ts";
export type { Beat, ExecuteTap, HeartbeatOptions, Hooks, TapOrder, Tappable } from "./hooks/taps.ts";
export { type DirectoryLock, lockDirectory } from "./journal/directory-lock.ts";
export { type JsonSpan, jsonMemberSpan } from "./json/member-span.ts";
export { jsonMemberText } from "./json/member-text.ts";
export { JsonNumber, type JsonTree, parseJsonTree } from "./json/tree.ts";
export { isJsonObject, type JsonObject, type JsonValue } from "./json/value.ts";
export type { Logger } from "./log/logger.ts";
export {
  type Check,
  type CheckContext,
  type CheckResult,
  type Command,
  CommandError,
  type Invocation,
  type TerminalStream,
} from "./plugin/command.ts";
export { definePlugin } from "./plugin/define-plugin.ts";
export type { PluginManifest } from "./plugin/manifest.ts";
export {
  API_VERSION,
  type OptionsSchema,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type PluginFactory,
  type Profiles,
  type Resources,
  type RunnerFacts,
  type Sources,
  type Teardown,
} from "./plugin/plugin.ts";
export { printable, printableLine } from "./plugin/printable.ts";
export { defineProfile, type ProfileDefinition } from "./profiles/define-profile.ts";
export type { Executor, Profile } from "./profiles/profile.ts";
export { isLoopback } from "./redaction/loopback.ts";
export type { Redactor, RunnerSecrets, Secrets } from "./redaction/redactor.ts";
export { looksSecret } from "./redaction/secret-names.ts";
export { SecretStore } from "./redaction/secret-store.ts";
export { type AbortReason, RunAborted } from "./run/aborted.ts";
export type { Agent } from "./run/agent.ts";
export {
  type AnyEntrypoint,
  type Entrypoint,
  type EntrypointKind,
  type EntrypointKinds,
  entrypoint,
} from "./run/entrypoint.ts";
export {
  failed,
  isOutcome,
  jsonResult,
  type Outcome,
  type OutcomeDetails,
  type OutcomeStatus,
  type Result,
  type RunError,
  refused,
  stopped,
  succeeded,
  type Timings,
  textResult,
  withResult,
} from "./run/outcome.ts";
export {
  type CapturedOutput,
  LaunchError,
  type LaunchedProcess,
  type ProcessExit,
  ProcessLauncher,
  type ProcessSpec,
} from "./run/process-launcher.ts";
export type {
  KillReceipt,
  Owner,
  OwnerRef,
  Ownership,
  Resource,
  ResourceClaim,
  ResourceHandler,
} from "./run/resource.ts";
export type { Run, RunEvent, RunLimits, Session } from "./run/run.ts";
export { bootRunner } from "./runner.ts";
export type { PluginReport, Replayed, ResolvedPlugin, Runner, RunnerOverrides, RunnerSpec } from "./runner-api.ts";
export { keyOf, type Provider, type Services } from "./services/services.ts";
export { type Token, token } from "./services/token.ts";
export { type BackOffTimes, backOff } from "./sources/back-off.ts";
export type {
  Accepted,
  DeliveryAnswer,
  DeliveryAttempt,
  Feed,
  LeasedRun,
  LeaseSource,
  Offer,
  ReportedRun,
  RunMoment,
  Slot,
  SourceStatus,
  StopAnswer,
  StopTarget,
} from "./sources/source.ts";
export type { RunnerPhase, RunnerStatus, SourceStanding } from "./status/runner-status.ts";
export type { Phase, PluginTelemetry, Telemetry, TelemetryEvent } from "./telemetry.ts";
export type { LoopReport } from "./watch/loop-report.ts";
