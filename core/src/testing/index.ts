export { type VirtualClock, virtualClock } from "./clock/virtual-clock.ts";
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
