export { type VirtualClock, virtualClock } from "./clock/virtual-clock.ts";
export {
  type CredentialsSubject,
  type CredentialsWorld,
  credentialsConformance,
} from "./conformance/credentials-suite.ts";
export { type ExecutorSubject, executorConformance, type OwnedThings } from "./conformance/executor-suite.ts";
export { type DifferentOptions, type PluginSubject, pluginConformance } from "./conformance/plugin-suite.ts";
export { processesIn } from "./conformance/processes-in.ts";
export { type ProfileSubject, profileConformance } from "./conformance/profile-suite.ts";
export { type Heard, type SourceSubject, type SourceWorld, sourceConformance } from "./conformance/source-suite.ts";
export { doesNotApply, type NotApplicable, type Point } from "./conformance/subject.ts";
export type { Fault, FaultKind, FaultScript } from "./faults/fault.ts";
export { FaultProxy, type ProxySettings } from "./faults/proxy.ts";
export { Random } from "./faults/random.ts";
export {
  coordinatorRestart,
  duplicateLease,
  type FaultSeed,
  halfOpenSocket,
  lostAcknowledgement,
  together,
  unauthorizedInMidRun,
} from "./faults/scripts.ts";
export type { RecordedRequest, StartCoordinator, TestCoordinator } from "./runner/coordinators.ts";
export type { EventOf } from "./runner/hearing.ts";
export type { LogLine } from "./runner/log-lines.ts";
export { type MemoryAttempt, type MemoryRef, MemorySource } from "./runner/memory-source.ts";
export { startRunner, type TestRunnerSettings } from "./runner/start-runner.ts";
export type { Submission, Submitted, TestRunner } from "./runner/test-runner.ts";
